//! Bars in an SVG file: medians, with a line over the middle 80 %.

use std::fmt::Write as _;

use super::Spread;

/// Bars of one unit, in groups of one answer length.
pub(super) struct Panel {
    pub title: String,
    pub unit: &'static str,
    /// Deltas of the answer, the program, what it took.
    pub bars: Vec<(usize, &'static str, Spread)>,
}

const COLOURS: [&str; 4] = ["#8c959f", "#54aeff", "#0969da", "#8250df"];
const PANEL: (f64, f64) = (470.0, 300.0);
const MARGIN: (f64, f64) = (20.0, 56.0);
/// Where the axis of a panel is, from its top.
const AXIS: f64 = 250.0;
/// The height of the longest bar.
const HEIGHT: f64 = 190.0;

/// The panels in two columns under a title.
pub(super) fn draw(title: &str, panels: &[Panel]) -> String {
    let mut programs: Vec<&'static str> = Vec::new();
    for (_, program, _) in panels.iter().flat_map(|panel| &panel.bars) {
        if !programs.contains(program) {
            programs.push(program);
        }
    }
    let width = 2.0 * (PANEL.0 + MARGIN.0) + MARGIN.0;
    let rows = panels.len().div_ceil(2);
    let height = (0..rows).fold(MARGIN.1, |sum, _| sum + PANEL.1) + MARGIN.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#1f2328\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{x}\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{title}</text>\n",
        x = MARGIN.0,
    );
    let mut x = MARGIN.0;
    for (program, colour) in programs.iter().zip(COLOURS) {
        writeln!(svg, "<rect x=\"{x}\" y=\"36\" width=\"12\" height=\"12\" fill=\"{colour}\"/>").ok();
        writeln!(svg, "<text x=\"{}\" y=\"46\">{program}</text>", x + 18.0).ok();
        x += 150.0;
    }
    let (mut left, mut top) = (MARGIN.0, MARGIN.1);
    for panel in panels {
        writeln!(svg, "<g transform=\"translate({left} {top})\">{}</g>", bars(panel, &programs)).ok();
        (left, top) =
            if left > MARGIN.0 { (MARGIN.0, top + PANEL.1) } else { (left + PANEL.0 + MARGIN.0, top) };
    }
    svg.push_str("</svg>\n");
    svg
}

fn bars(panel: &Panel, programs: &[&str]) -> String {
    let Panel { title, unit, bars } = panel;
    let most = bars.iter().map(|(_, _, spread)| spread.high).fold(f64::MIN_POSITIVE, f64::max);
    let mut lengths: Vec<usize> = bars.iter().map(|bar| bar.0).collect();
    lengths.dedup();
    // A gap of one bar between the groups.
    let places = lengths.iter().fold(1.0, |sum, length| {
        bars.iter().filter(|bar| bar.0 == *length).fold(sum + 1.0, |sum, _| sum + 1.0)
    });
    let step = (PANEL.0 / places).min(60.0);
    let mut svg = format!("\n<text y=\"26\" font-weight=\"bold\">{title}, {unit}</text>\n");
    let mut x = step / 2.0;
    for length in lengths {
        let start = x;
        for (_, program, Spread { low, median, high }) in bars.iter().filter(|bar| bar.0 == length) {
            let colour = programs.iter().zip(COLOURS).find(|(name, _)| *name == program);
            let colour = colour.map_or("#000000", |(_, colour)| colour);
            let up = |value: f64| value / most * HEIGHT;
            let (top, middle) = (AXIS - up(*median), x + step * 0.45);
            writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\
                 <path d=\"M{middle:.1} {:.1}V{:.1}\" stroke=\"#1f2328\"/>\
                 <text x=\"{middle:.1}\" y=\"{:.1}\" font-size=\"10\" text-anchor=\"middle\">{median:.1}</text>",
                step * 0.9,
                up(*median),
                AXIS - up(*low),
                AXIS - up(*high),
                AXIS - up(*high) - 4.0,
            )
            .ok();
            x += step;
        }
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{length} deltas</text>",
            f64::midpoint(start, x),
            AXIS + 16.0
        )
        .ok();
        x += step;
    }
    writeln!(svg, "<path d=\"M0 {AXIS}H{:.1}\" stroke=\"#8c959f\"/>", PANEL.0).ok();
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_its_panel_and_the_others_are_in_proportion() {
        let at = |median| Spread { low: median, median, high: median };
        let bars = vec![(100, "one", at(1.0)), (100, "other", at(4.0))];
        let drawing = draw("Bars", &[Panel { title: "cost".to_owned(), unit: "µs", bars }]);
        for expected in [
            "height=\"190.0\" fill=\"#54aeff\"",
            "height=\"47.5\" fill=\"#8c959f\"",
            ">cost, µs<",
            ">100 deltas<",
        ] {
            assert!(drawing.contains(expected), "{expected} is missing in {drawing}");
        }
    }
}
