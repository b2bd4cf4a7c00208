//! A picture as SVG.

use std::fmt::Write as _;

use super::{Colour, Drawing, LineStyle, Shape, TextAnchor, TextRun};

pub(super) fn write(picture: &Drawing) -> String {
    let (width, height) = (Short(picture.width), Short(picture.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    );
    for shape in &picture.shapes {
        // Writing to a string cannot fail.
        let _ = match shape {
            Shape::Rect(x, y, width, height, ink) => writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
                Short(*x),
                Short(*y),
                Short(*width),
                Short(*height),
                hex(*ink)
            ),
            Shape::Path(points, LineStyle { colour: ink, width, opacity, is_dashed: dashed }) => writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{}{}/>",
                list(points),
                hex(*ink),
                Short(*width),
                opaque(*opacity),
                if *dashed { " stroke-dasharray=\"5 4\"" } else { "" }
            ),
            Shape::Area(points, ink, opacity) => {
                writeln!(out, "<polygon points=\"{}\" fill=\"{}\"{}/>", list(points), hex(*ink), opaque(*opacity))
            }
            Shape::Disc((x, y), radius, ink, rim) => writeln!(
                out,
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"{}/>",
                Short(*x),
                Short(*y),
                Short(*radius),
                hex(*ink),
                rim.map(|rim| format!(" stroke=\"{}\"", hex(rim))).unwrap_or_default()
            ),
            Shape::Text(words) => writeln!(out, "{}", text(words)),
        };
    }
    out.push_str("</svg>\n");
    out
}

fn text(words: &TextRun) -> String {
    let (x, y) = (Short(words.at.0), Short(words.at.1));
    let side = match words.anchor {
        TextAnchor::Start => "",
        TextAnchor::Middle => " text-anchor=\"middle\"",
        TextAnchor::End => " text-anchor=\"end\"",
    };
    let turned = match words.rotation {
        0.0 => String::new(),
        degrees => format!(" transform=\"rotate({} {x} {y})\"", Short(degrees)),
    };
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-family=\"{}\" font-size=\"{}\" fill=\"{}\" xml:space=\"preserve\"{side}{turned}>{}</text>",
        words.face.family(),
        Short(words.size),
        hex(words.ink),
        escaped(&words.text)
    )
}

fn opaque(opacity: f64) -> String {
    if opacity < 1.0 { format!(" opacity=\"{}\"", Short(opacity)) } else { String::new() }
}

fn hex(Colour(r, g, b): Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn list(points: &[(f64, f64)]) -> String {
    let mut out = String::with_capacity(points.len() * 12);
    for (x, y) in points {
        let _ = write!(out, "{},{} ", Short(*x), Short(*y));
    }
    out.truncate(out.trim_end().len());
    out
}

/// Displays a number with at most two decimal places.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // XML cannot contain these.
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
