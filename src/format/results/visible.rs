//! The part of a page that is addressed to its reader: no comments, nothing struck out, no code.

/// Languages of code blocks with programs. Code blocks in YAML, JSON, TOML or without a language may hold settings.
const PROGRAMS: &str = "python py python3 ipython bash sh shell zsh fish console terminal shellsession powershell ps1 pwsh bat cmd rust rs c cpp cc cxx h hpp cuda cu \
    csharp cs go golang java kotlin kt swift scala javascript js jsx mjs typescript ts tsx ruby rb php perl pl lua r julia jl matlab sql haskell hs \
    ocaml ml zig nim elixir ex erlang clojure lisp scheme dart make makefile cmake dockerfile diff patch asm nasm triton mojo verilog vhdl solidity \
    sol html css vue svelte objc wgsl glsl hlsl metal awk sed gdscript";

/// Returns a page without the parts that its reader does not see, or knows not to be instructions.
pub(super) fn visible(text: &str) -> String {
    without_struck(&without_comments(&without_programs(text)))
}

fn without_programs(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept: Vec<&str> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let end = opens_program(lines[at]).and_then(|fence| {
            let closes =
                |line: &&str| line.trim().len() >= fence.len() && line.trim().trim_start_matches(['`', '~']).is_empty();
            lines[at + 1..].iter().position(closes)
        });
        // An unclosed fence hides nothing: the rest of the page may be instructions.
        match end {
            Some(length) => {
                kept.push("");
                at += length + 2;
            }
            None => {
                kept.push(lines[at]);
                at += 1;
            }
        }
    }
    kept.join("\n")
}

/// Returns the fence of a line that opens a program.
fn opens_program(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches(['>', ' ']);
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let language = line.trim_start_matches(sign);
    let fence = &line[..line.len() - language.len()];
    let word = language.trim_start_matches(['{', '.', ' ']);
    let word = word.split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#').next()?.to_lowercase();
    let is_program = word.contains(['+', '#']) || PROGRAMS.split_whitespace().any(|known| known == word);
    (fence.len() >= 3 && is_program).then_some(fence)
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once("<!--")
        && let Some((_, after)) = after.split_once("-->")
    {
        kept.push_str(before);
        kept.push(' ');
        rest = after;
    }
    kept + rest
}

/// Removes struck-out text, which ends with its paragraph at the latest.
fn without_struck(text: &str) -> String {
    const SIGN: &str = "~~";
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once(SIGN) {
        let struck = after.split_once(SIGN).filter(|(struck, _)| !after.starts_with('~') && !struck.contains("\n\n"));
        kept.push_str(before);
        rest = match struck {
            Some((_, after)) => after,
            None => {
                kept.push_str(SIGN);
                after
            }
        };
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_struck_words_and_programs_are_not_seen() {
        for (text, seen) in [
            ("a <!-- b --> c", "a   c"),
            ("a\n<!-- b\n\nc -->\nd", "a\n \nd"),
            ("a <!-- b", "a <!-- b"),
            ("~~a~~ b ~~c~~", " b "),
            ("a ~~b\n\nc~~", "a ~~b\n\nc~~"),
            ("~~~text\na\n~~~", "~~~text\na\n~~~"),
            ("~~~python\na\n~~~\nb", "\nb"),
            ("c\n```python\na\n```\nb", "c\n\nb"),
            ("  ```Python title=\"x\"\na\n  ```\nb", "\nb"),
            ("```{python}\na\n```\nb", "\nb"),
            ("````c++\na\n```\n````\nb", "\nb"),
            ("```yaml\na\n```\nb", "```yaml\na\n```\nb"),
            ("```\na\n```\nb", "```\na\n```\nb"),
            ("```bash\na\nb", "```bash\na\nb"),
            ("`sh` a", "`sh` a"),
        ] {
            assert_eq!(visible(text), seen, "{text}");
        }
    }
}
