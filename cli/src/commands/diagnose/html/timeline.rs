//! Validity periods against the clock, as a picture.

use chaincheck_engine::base::time::Time;
use chaincheck_engine::proof::EventDiagnosis;
use chaincheck_engine::scenario::ElementResult;

use super::markup::Markup;
use super::shape::{Anchor, bad_mark, good_mark, line, lines, number, path, percent, placed, text};
use crate::commands::diagnose::words;

const DAY: i64 = 86_400;
/// The least the picture spans.
const LEAST_SPAN: i64 = 4 * DAY;
/// How many letters a line holds on the narrowest screen.
const COLUMNS: usize = 40;
const ROW: f64 = 66.0;
const AXIS: f64 = 26.0;
/// The most dates on the axis.
const MOST_TICKS: i64 = 4;
/// How much of the span stands before and after what matters, in percent.
const MARGIN: i64 = 14;

/// One certificate.
struct Row<'a> {
    element: &'a ElementResult,
    from: Time,
    to: Time,
}

/// The part of time that is shown.
#[derive(Debug, Clone, Copy)]
struct Window {
    start: i64,
    end: i64,
}

impl Window {
    /// Around the clocks and the periods that do not include the machine's, or else the shortest:
    /// a root's decades would leave a signer's year too small to see.
    fn of(rows: &[Row<'_>], clocks: &[Time]) -> Option<Self> {
        let now = *clocks.first()?;
        let mut shown: Vec<&Row<'_>> =
            rows.iter().filter(|row| now < row.from || now > row.to).collect();
        if shown.is_empty() {
            shown.extend(rows.iter().min_by_key(|row| row.to.seconds_since(row.from)));
        }
        let moments = shown.iter().flat_map(|row| [row.from, row.to]).chain(clocks.iter().copied());
        let seconds: Vec<i64> = moments.map(Time::unix).collect();
        let (first, last) = (*seconds.iter().min()?, *seconds.iter().max()?);
        let span = last.saturating_sub(first).max(LEAST_SPAN);
        let margin = span / 100 * MARGIN;
        Some(Self {
            start: first.saturating_sub(margin),
            end: first.saturating_add(span).saturating_add(margin),
        })
    }

    /// The place of a moment along the width, in percent, kept to what is shown.
    fn place(self, time: Time) -> f64 {
        let span = self.end.saturating_sub(self.start).max(1);
        let offset = time.unix().saturating_sub(self.start).clamp(0, span);
        offset as f64 / span as f64 * 100.0
    }

    /// Dates for the axis: the first of months or years, or days where the span is short.
    fn ticks(self) -> Vec<(Time, String)> {
        let span = self.end.saturating_sub(self.start);
        let month = 30 * DAY;
        if span < 2 * month {
            let days =
                [1, 2, 5, 10, 15, 30].into_iter().find(|days| span / (days * DAY) <= MOST_TICKS);
            let step = days.unwrap_or(30) * DAY;
            let first = self.start.div_euclid(step).saturating_add(1).saturating_mul(step);
            let starts = (0..=MOST_TICKS).map(|index| first.saturating_add(index * step));
            let shown = starts.filter(|seconds| *seconds < self.end).map(Time::from_unix);
            return shown.map(|time| (time, words::day(&time.to_string()).to_owned())).collect();
        }
        let steps = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 6_000, 12_000];
        let step = steps.into_iter().find(|step| span / (step * month) <= MOST_TICKS);
        let step = step.unwrap_or(36_000);
        let (year, number_of_month, ..) = Time::from_unix(self.start).civil();
        let first = (year * 12 + number_of_month - 1).div_euclid(step) * step;
        (0..=MOST_TICKS + 2)
            .filter_map(|index| {
                let months = first + index * step;
                let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
                let time = Time::from_civil(year, month, 1, 0, 0, 0)?;
                let label = if step < 12 { format!("{year}-{month:02}") } else { year.to_string() };
                (time.unix() >= self.start && time.unix() <= self.end).then_some((time, label))
            })
            .collect()
    }
}

/// Draws it, if there is a chain.
pub(super) fn draw(markup: &mut Markup, event: &EventDiagnosis, number_of_event: usize) {
    let elements = event.chain.iter().flat_map(|chain| &chain.simple_chains).take(1);
    // the root on top, as in the picture of the chain
    let rows: Vec<Row<'_>> = elements
        .flat_map(|chain| chain.elements.iter().rev())
        .filter_map(|element| {
            let from = element.not_before.parse().ok()?;
            Some(Row { element, from, to: element.not_after.parse().ok()? })
        })
        .collect();
    let Ok(now) = event.clock.parse::<Time>() else { return };
    let truth = words::true_clock(event).filter(|truth| *truth != now);
    let clocks: Vec<Time> = [Some(now), truth].into_iter().flatten().collect();
    let Some(window) = Window::of(&rows, &clocks).filter(|_| !rows.is_empty()) else { return };
    markup.open("figure", &[]);
    markup.element("figcaption", &[], "When each certificate is valid, and where the clock stood");
    picture(markup, &rows, window, (now, truth), number_of_event);
    markup.close("figure");
}

fn picture(
    markup: &mut Markup,
    rows: &[Row<'_>],
    window: Window,
    (now, truth): (Time, Option<Time>),
    number_of_event: usize,
) {
    let head = if truth.is_some() { 44.0 } else { 24.0 };
    let bottom = head + ROW * rows.iter().fold(0.0, |sum, _| sum + 1.0) + 4.0;
    let title = format!("time-title-{number_of_event}");
    let description = format!("time-desc-{number_of_event}");
    let labelled = format!("{title} {description}");
    markup.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("class", "timeline"),
            ("role", "img"),
            ("height", &number(bottom + AXIS)),
            ("aria-labelledby", &labelled),
        ],
    );
    markup.element("title", &[("id", &title)], "Validity periods and the clock");
    markup.element("desc", &[("id", &description)], &in_words(rows, now, truth));
    for (time, label) in window.ticks() {
        let x = window.place(time);
        line(markup, "grid", (&percent(x), head), (&percent(x), bottom));
        text(markup, "axis", &percent(x), bottom + 16.0, anchor(x, 8.0), &label);
    }
    // bars first, the clocks across them, and letters over all
    let tops: Vec<f64> =
        (0_u8..).map(|index| head + ROW * f64::from(index)).take(rows.len()).collect();
    for (row, top) in rows.iter().zip(&tops) {
        draw_bar(markup, row, window, now, *top);
    }
    let label = format!("machine's clock {}", words::day(&now.to_string()));
    draw_clock(markup, window.place(now), (16.0, bottom), ("clock", "time"), &label);
    if let Some(truth) = truth {
        let label = format!("true time {}", words::day(&truth.to_string()));
        let classes = ("true-clock", "time true");
        draw_clock(markup, window.place(truth), (36.0, bottom), classes, &label);
    }
    for (row, top) in rows.iter().zip(&tops) {
        draw_letters(markup, row, now, *top);
    }
    markup.close("svg");
}

/// Text near an edge begins or ends there, so that it stays inside.
fn anchor(x: f64, edge: f64) -> Anchor {
    if x < edge {
        Anchor::Start
    } else if x > 100.0 - edge {
        Anchor::End
    } else {
        Anchor::Middle
    }
}

fn draw_clock(
    markup: &mut Markup,
    x: f64,
    (top, bottom): (f64, f64),
    (class, text_class): (&'static str, &'static str),
    label: &str,
) {
    let place = percent(x);
    line(markup, class, (&place, top - 8.0), (&place, bottom));
    let is_true = class == "true-clock";
    let (head, d) = if is_true {
        ("true-clock-head", "M0 -6 L6 0 L0 6 L-6 0 Z")
    } else {
        ("clock-head", "M-6 -6 L6 -6 L0 5 Z")
    };
    let (anchor, shift) = if x < 50.0 {
        (Anchor::Start, "translate(10 0)")
    } else {
        (Anchor::End, "translate(-10 0)")
    };
    placed(markup, &place, top - 4.0, |markup| {
        path(markup, head, d);
        markup.open("g", &[("transform", shift)]);
        text(markup, text_class, "0", 4.0, anchor, label);
        markup.close("g");
    });
}

fn is_valid(row: &Row<'_>, now: Time) -> bool {
    now >= row.from && now <= row.to
}

fn draw_bar(markup: &mut Markup, row: &Row<'_>, window: Window, now: Time, y: f64) {
    let (left, right) = (window.place(row.from), window.place(row.to));
    markup.empty(
        "rect",
        &[
            ("class", if is_valid(row, now) { "bar" } else { "bar failing" }),
            ("x", &percent(left)),
            ("y", &number(y + 25.0)),
            ("width", &percent((right - left).max(0.4))),
            ("height", "13"),
        ],
    );
    // a period that goes on outside the picture ends in a point
    let middle = y + 31.5;
    if row.from.unix() < window.start {
        placed(markup, "0", middle, |markup| path(markup, "bar", "M1 -6.5 L-7 0 L1 6.5 Z"));
    }
    if row.to.unix() > window.end {
        placed(markup, "100%", middle, |markup| path(markup, "bar", "M-1 -6.5 L7 0 L-1 6.5 Z"));
    }
}

fn draw_letters(markup: &mut Markup, row: &Row<'_>, now: Time, y: f64) {
    let name = words::short_name(&row.element.subject);
    let name = lines(&name, COLUMNS, 1).concat();
    text(markup, "note", "0", y + 18.0, Anchor::Start, &name);
    let valid = is_valid(row, now);
    placed(markup, "0", y + 50.0, |markup| {
        markup.open("g", &[("transform", "translate(7 0) scale(.6)")]);
        if valid {
            good_mark(markup)
        } else {
            bad_mark(markup)
        }
        markup.close("g");
    });
    // the clock stands beside it
    let state = words::age(row.element, &now.to_string());
    let state = state.strip_suffix(" the clock").unwrap_or(&state);
    let class = if valid { "fine" } else { "problem" };
    text(markup, class, "18", y + 54.0, Anchor::Start, state);
}

fn in_words(rows: &[Row<'_>], now: Time, truth: Option<Time>) -> String {
    let mut told = format!("The machine's clock stood at {now}");
    if let Some(truth) = truth {
        told.push_str(&format!("; it was really {truth}"));
    }
    for row in rows {
        let name = words::short_name(&row.element.subject);
        let state = words::age(row.element, &now.to_string());
        told.push_str(&format!("; {name} is valid from {} to {}: {state}", row.from, row.to));
    }
    told.push('.');
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_a_few_round_dates_whatever_it_spans() {
        let time = |text: &str| text.parse::<Time>().unwrap().unix();
        for (start, end, expected) in [
            ("2026-01-30T00:00:00Z", "2026-02-03T00:00:00Z", "2026-01-31"),
            ("2026-01-10T00:00:00Z", "2026-05-03T00:00:00Z", "2026-02"),
            ("2009-04-23T00:00:00Z", "2010-09-03T00:00:00Z", "2009-07"),
            ("1995-04-23T00:00:00Z", "2040-09-03T00:00:00Z", "2000"),
            ("0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "3000"),
        ] {
            let window = Window { start: time(start), end: time(end) };
            let ticks: Vec<String> = window.ticks().into_iter().map(|(_, label)| label).collect();
            assert!((2..=6).contains(&ticks.len()), "{ticks:?}");
            assert!(ticks.iter().any(|label| label == expected), "{ticks:?}");
        }
    }
}
