//! Lines that look like measurements and were not read: they are counted, so that nothing is lost silently.

use super::lexer::{Token, TokenKind};
use super::meaning::names_result;
use super::words;

/// True for a line with the name of a result and a fraction that is not a sentence. Before training has begun it has to
/// name a step, too, or clearly name the result.
pub(super) fn looks_like_measurement(line: &[u8], tokens: &[Token], has_begun: bool) -> bool {
    let of = |kind: TokenKind| tokens.iter().filter(move |token| token.kind == kind);
    // `0,512` is a fraction, too, although it is not read.
    let is_fraction = |token: &Token| {
        token.text(line).iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
            || matches!(line.get(token.end..token.end + 2), Some([b',', digit]) if digit.is_ascii_digit())
    };
    if !of(TokenKind::Number).any(|token| token.unit == token.end && is_fraction(token)) {
        return false;
    }
    let numbers = of(TokenKind::Number).count();
    let is_prose = || of(TokenKind::Word).count() > 3 * numbers + 3;
    let is_name = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
    if !tokens
        .iter()
        .filter(|token| is_name(token))
        .any(|token| names_result(&String::from_utf8_lossy(token.text(line))))
    {
        return false;
    }
    // `loss=2.3` among other numbers: a measurement, whatever its step.
    let is_named = || {
        tokens.windows(3).any(|three| {
            let last = three[0].text(line).rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
            is_name(&three[0])
                && three[1].kind == TokenKind::Sep
                && three[2].kind == TokenKind::Number
                && is_fraction(&three[2])
                && words::is_result(last)
        })
    };
    let names_step = || {
        tokens.windows(3).any(|three| {
            three[0].kind == TokenKind::Word
                && words::count(three[0].text(line)).is_some()
                && three[1..].iter().any(|token| token.kind == TokenKind::Number)
        })
    };
    if is_prose() {
        return has_begun && is_named();
    }
    has_begun || names_step() || numbers >= 3 && is_named()
}
