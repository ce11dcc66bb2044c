//! A limit: how much evidence raises an event, so that false ones are as rare as accepted.

/// The CUSUM's limit, nats, for one false alarm in `calls` calls, where a call takes away
/// `information` nats on average while nothing has changed.
///
/// Siegmund's corrected diffusion approximation of the average run length,
/// (exp(x) − x − 1)/I with x = h + 1.166·√(2I) (Siegmund 1985, eq. 2.55 and ch. X), solved for h.
pub(super) fn cusum(calls: f64, information: f64) -> f64 {
    let right = calls * information;
    // x = ln(right + x + 1) converges from above within a few rounds.
    let mut x = (right + 3.0).ln();
    for _ in 0..8 {
        x = (right + x + 1.0).ln();
    }
    (x - 1.166 * (2.0 * information).sqrt()).max(1.0)
}

/// The same where the baseline is known from so many calls only: `knowledge` is their number times
/// the information of one.
///
/// The baseline's error ε, of variance 1/n, changes the exponent with which false alarms become rare
/// to 1 − 2ε/θ (θ² = 2I), so that their rate is exp(h²/(n·I)) times as high on average; first order in
/// 1/n. `None` where so little is known that the approximation ends.
pub(super) fn uncertain(limit: f64, knowledge: f64) -> Option<f64> {
    let more = limit * limit / knowledge;
    (more < limit).then_some(limit + more)
}
