//! Somebody was called to lunch while typing. The quickstart finds out.

fn area(width: f64, height: f64) -> f64 {
    width * height
}

fn volume(width: f64, height: f64, depth: f64) -> f64 {
    let ground = area(width, height)
    ground *
}
