use std::collections::BTreeMap;

use super::*;
use crate::config::settings::Keep;

fn calls(tools: Vec<ToolRule>) -> Calls {
    Calls {
        sample_rate: 1.0,
        keep: Keep::default(),
        otel_context: true,
        params_capture: ParamsCapture::All,
        log_calls: LogCalls::None,
        log_calls_per_second: 0,
        log_level: LogLevel::Info,
        log_filter: None,
        trace_events: false,
        running_after: std::time::Duration::MAX,
        params_max_length: 200,
        params_redact: ["token", "api_key", "password"].map(str::to_owned).into(),
        thresholds: BTreeMap::from([("rag_query".to_owned(), 100.0)]),
        default_threshold: Some(3000.0),
        tools,
        max_tools: 10,
        queue_max_bytes: 65_536,
    }
}

fn rule(pattern: &str, threshold_ms: Option<f64>) -> ToolRule {
    ToolRule {
        threshold_ms,
        ..ToolRule::new(pattern)
    }
}

#[test]
fn patterns() {
    for (pattern, name, expected) in [
        ("rag_*", "rag_query", true),
        ("rag_*", "rag_", true),
        ("rag_*", "rag", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("?", "", false),
        ("?", "é", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*::get", "Store::get", true),
        ("*::get", "Store::get_all", false),
        ("*a*b", "xaxxab", true),
        ("*a*b", "xaxxa", false),
        ("a*b*c", "abbbbc", true),
        ("**", "anything", true),
        ("a*", "b", false),
        ("exact", "exact", true),
        ("Exact", "exact", false),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
}

#[test]
fn a_hostile_pattern_ends() {
    let pattern = "*a".repeat(200);
    assert!(!matches(&pattern, &"a".repeat(199)));
    assert!(matches(&pattern, &"a".repeat(2000)));
}

#[test]
fn whose_limit_holds() {
    let rules = vec![
        rule("*", Some(500.0)),
        rule("rag_*", Some(800.0)),
        rule("rag_x", None),
    ];
    let with_rules = calls(rules);
    let own = Own {
        threshold_ms: Some(7.0),
        sample_rate: Some(0.5),
    };
    let threshold = |name| with_rules.tool(name, own).threshold_ms;
    assert_eq!(threshold("rag_query"), Some(100.0));
    assert_eq!(threshold("rag_x"), Some(800.0));
    assert_eq!(threshold("other"), Some(500.0));
    let without = calls(Vec::new());
    assert_eq!(without.tool("other", own).threshold_ms, Some(7.0));
    assert_eq!(without.tool("other", own).sample_rate, 0.5);
    assert_eq!(
        without.tool("other", Own::NOTHING).threshold_ms,
        Some(3000.0)
    );
}

#[test]
fn the_later_rule_wins_where_both_say_something() {
    let first = ToolRule {
        enabled: Some(false),
        sample_rate: Some(0.1),
        ..rule("*", None)
    };
    let second = ToolRule {
        enabled: Some(true),
        params_capture: Some(ParamsCapture::None),
        ..rule("llm_*", None)
    };
    let calls = calls(vec![first, second]);
    let llm = calls.tool("llm_generate", Own::NOTHING);
    assert_eq!(
        (llm.enabled, llm.sample_rate, llm.params_capture),
        (true, 0.1, ParamsCapture::None)
    );
    let other = calls.tool("other", Own::NOTHING);
    assert_eq!(
        (other.enabled, other.params_capture),
        (false, ParamsCapture::All)
    );
}

#[test]
fn redaction_goes_by_words() {
    let calls = calls(Vec::new());
    for name in [
        "token",
        "auth_token",
        "authToken",
        "API_KEY",
        "user_api_key",
        "userApiKey",
        "r#password",
    ] {
        assert!(Redaction::new(&calls.params_redact).covers(name), "{name}");
    }
    for name in ["max_tokens", "tokenizer", "key", "api", "", "passwords"] {
        assert!(!Redaction::new(&calls.params_redact).covers(name), "{name}");
    }
}

#[test]
fn how_a_tool_is_watched_comes_from_the_last_pattern_that_says_it() {
    let calls = calls(vec![
        ToolRule {
            drift: Some(false),
            drift_mute: Some(true),
            ..ToolRule::new("rag_*")
        },
        ToolRule {
            drift_threshold: Some(0.5),
            drift_false_alarms_per_day: Some(1.0),
            ..ToolRule::new("rag_q*")
        },
    ]);
    let general = DriftRule {
        threshold: 0.15,
        false_alarms_per_day: 0.1,
        mute: false,
    };
    let (query, index) = ("rag_query", "rag_index");
    assert_eq!(calls.tool(query, Own::NOTHING).drift, Some(false));
    assert_eq!(calls.tool("other", Own::NOTHING).drift, None);
    assert_eq!(
        calls.drift(query, general),
        DriftRule {
            threshold: 0.5,
            false_alarms_per_day: 1.0,
            mute: true,
        }
    );
    assert_eq!(
        calls.drift(index, general),
        DriftRule {
            mute: true,
            ..general
        }
    );
    assert_eq!(calls.drift("other", general), general);
}
