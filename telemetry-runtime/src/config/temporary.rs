use super::*;
pub(crate) struct ToolSettings {
    pub(crate) enabled: bool,
    pub(crate) sample_rate: f64,
    pub(crate) params_capture: ParamsCapture,
    pub(crate) threshold_ms: Option<f64>,
}
impl Calls {
    pub(crate) fn tool(&self, _name: &str, attribute: Option<f64>) -> ToolSettings {
        ToolSettings {
            enabled: true,
            sample_rate: self.sample_rate,
            params_capture: self.params_capture,
            threshold_ms: attribute.or(self.default_threshold),
        }
    }
}
impl Default for Calls {
    fn default() -> Self {
        Self {
            sample_rate: 1.0,
            keep: Keep {
                error: true,
                slow: true,
            },
            otel_context: true,
            params_capture: ParamsCapture::All,
            params_max_length: 200,
            params_redact: vec![],
            thresholds: Default::default(),
            default_threshold: None,
            tools: vec![],
            max_tools: 10_000,
            queue_max_bytes: 16 << 20,
        }
    }
}
