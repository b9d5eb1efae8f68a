//! The line under an answer: its tokens, its price, its time.

use std::time::Duration;

use outcrop_core::Usage;

/// `412 tokens in (300 from cache), 96 out · $0.0031 · 1.9 s`. What is not known is left out.
pub(super) fn line(usage: &Usage, cost: Option<f64>, took: Duration) -> String {
    let cached: Vec<_> = [(usage.cache_read_tokens, "from"), (usage.cache_write_tokens(), "to")]
        .into_iter()
        .filter(|(tokens, _)| *tokens > 0)
        .map(|(tokens, way)| format!("{tokens} {way} cache"))
        .collect();
    let cached = if cached.is_empty() { String::new() } else { format!(" ({})", cached.join(", ")) };
    let input = usage.prompt_tokens();
    let tokens = format!(
        "{input} {}{cached}, {} out",
        if input == 1 { "token in" } else { "tokens in" },
        usage.output_tokens
    );
    let cost = cost.map(|cost| format!(" · {}", dollars(cost))).unwrap_or_default();
    format!("{tokens}{cost} · {}", time(took))
}

/// Two figures that say something, and whole cents from ten cents on.
fn dollars(cost: f64) -> String {
    if cost <= 0.0 {
        return "$0".to_owned();
    }
    let (mut decimals, mut cents) = (2_usize, cost * 100.0);
    while cents < 9.95 && decimals < 9 {
        decimals += 1;
        cents *= 10.0;
    }
    format!("${cost:.decimals$}")
}

fn time(took: Duration) -> String {
    // What rounds to a minute is one.
    if took < Duration::from_millis(59_950) {
        return format!("{:.1} s", took.as_secs_f64());
    }
    let seconds = (took + Duration::from_millis(500)).as_secs();
    format!("{} min {} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_known_and_no_more() {
        let usage =
            Usage { input_tokens: 112, output_tokens: 96, cache_read_tokens: 300, ..Usage::default() };
        let took = Duration::from_millis(1_900);
        assert_eq!(
            line(&usage, Some(0.003_1), took),
            "412 tokens in (300 from cache), 96 out · $0.0031 · 1.9 s"
        );
        assert_eq!(line(&usage, None, took), "412 tokens in (300 from cache), 96 out · 1.9 s");
        let usage = Usage { cache_write_5m_tokens: 20, cache_write_1h_tokens: 5, ..usage };
        assert_eq!(line(&usage, None, took), "437 tokens in (300 from cache, 25 to cache), 96 out · 1.9 s");
        let usage = Usage { input_tokens: 1, output_tokens: 0, ..Usage::default() };
        assert_eq!(line(&usage, None, Duration::ZERO), "1 token in, 0 out · 0.0 s");
    }

    #[test]
    fn prices_have_two_figures_that_say_something() {
        for (cost, text) in [
            (0.0, "$0"),
            (12.345, "$12.35"),
            (1.0, "$1.00"),
            (0.123, "$0.12"),
            (0.099_6, "$0.10"),
            (0.012_3, "$0.012"),
            (0.000_312, "$0.00031"),
            (0.000_000_45, "$0.00000045"),
        ] {
            assert_eq!(dollars(cost), text);
        }
    }

    #[test]
    fn minutes_are_told_from_a_minute_on() {
        for (milliseconds, text) in
            [(40, "0.0 s"), (59_949, "59.9 s"), (59_950, "1 min 0 s"), (125_400, "2 min 5 s")]
        {
            assert_eq!(time(Duration::from_millis(milliseconds)), text);
        }
    }
}
