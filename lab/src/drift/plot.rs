//! A plot: median delay against false alarms, as SVG.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const MARGIN: f64 = 60.0;
const COLOURS: [&str; 4] = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"];

/// A curve: its name, and (false alarms a call, median delay).
pub(crate) type Curve = (&'static str, Vec<(f64, f64)>);

/// Both axes logarithmic, from 1e-6 to 1e-3 and from 1 to 10,000.
pub(crate) fn svg(title: &str, curves: &[Curve]) -> String {
    let x =
        |rate: f64| MARGIN + (rate.log10() + 6.0).clamp(0.0, 3.0) / 3.0 * (WIDTH - 2.0 * MARGIN);
    let y = |delay: f64| {
        HEIGHT - MARGIN - delay.log10().clamp(0.0, 4.0) / 4.0 * (HEIGHT - 2.0 * MARGIN)
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">{title}</text>\n\
         <text x=\"250\" y=\"{}\">false alarms a call</text>\n<text x=\"8\" y=\"44\">median delay, calls</text>\n",
        HEIGHT - 14.0
    );
    for power in -6..=-3 {
        let at = x(10_f64.powi(power));
        let _ = writeln!(
            out,
            "<path d=\"M{at} {MARGIN}V{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{}\">1e{power}</text>",
            HEIGHT - MARGIN,
            at - 12.0,
            HEIGHT - MARGIN + 18.0
        );
    }
    for power in 0..=4 {
        let at = y(10_f64.powi(power));
        let _ = writeln!(
            out,
            "<path d=\"M{MARGIN} {at}H{}\" stroke=\"#ddd\"/><text x=\"14\" y=\"{}\">{}</text>",
            WIDTH - MARGIN,
            at + 4.0,
            10_i32.pow(power as u32)
        );
    }
    for (place, (name, points)) in curves.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let path: Vec<String> = points
            .iter()
            .map(|(rate, delay)| format!("{:.1} {:.1}", x(*rate), y(*delay)))
            .collect();
        let _ = writeln!(
            out,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join("L")
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" fill=\"{colour}\">{name}</text>",
            WIDTH - 190.0,
            70.0 + 16.0 * place as f64
        );
    }
    out + "</svg>\n"
}
