//! Prefixes that programs add to lines: dates, times, levels, loggers, places in the source, ranks.

use super::digits::digits;
use super::level::{complains, level};
use super::origins;
use super::parts::DataSplit;
use super::words;

/// The start of a line's own text, and the rank that wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) end: usize,
    pub(super) rank: Option<u32>,
    /// The digits of the rank: part of a line's shape, unlike all others of the prefix.
    pub(super) rank_at: Option<(usize, usize)>,
    /// True if the log level is a warning or worse.
    pub(super) is_complaint: bool,
    /// Something that identifies the process but not its rank: `pid=1234`. Part of a line's shape, too.
    pub(super) process: Option<(usize, usize)>,
    /// The learner that the line is about, for runs with several: `3DBall. Step: 10.`
    pub(super) learner: Option<(usize, usize)>,
}

/// Reads the prefix of a line.
pub(super) fn prefix(line: &[u8]) -> Prefix {
    let mut found = Prefix::default();
    let mut at = origins::printed_by_r(line).unwrap_or(0);
    let (mut has_any, mut has_level, mut has_date) = (false, false, false);
    loop {
        while matches!(line.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        let rest = &line[at..];
        let is_glued = at > 0 && has_any && line[at - 1] == b']';
        let taken = bracket(rest, at, is_glued, &mut found)
            .or_else(|| actor(rest, at, &mut found))
            .or_else(|| glog(rest, &mut found))
            .or_else(|| syslog(rest).or_else(|| date_or_time(rest)).inspect(|_| has_date = true))
            .or_else(|| named_rank(rest, at, &mut found))
            .or_else(|| machine(rest, at, &mut found));
        if let Some(taken) = taken {
            at += taken;
            has_any = true;
        } else if let Some(taken) = level(rest) {
            found.is_complaint |= complains(&rest[..taken]);
            at += taken;
            (has_any, has_level) = (true, true);
        } else if has_any && let Some(taken) = logger(rest, has_level) {
            at += taken;
        } else if has_date
            && let Some(taken) = origins::program(rest)
                .or_else(|| origins::process_before_a_level(rest))
                .or_else(|| if has_level { origins::module_and_process(rest) } else { None })
        {
            at += taken;
        } else if let Some(taken) = has_any.then(|| origins::parenthesised(rest)).flatten() {
            at += taken;
        } else if has_any && rest.starts_with(b">> ") {
            at += 2;
        } else if has_any && (rest.starts_with(b"stdout F ") || rest.starts_with(b"stderr F ")) {
            // Kubernetes' prefix of container output.
            at += 8;
        } else if has_any && (matches!(rest, [b'|' | b':', ..]) || rest.starts_with(b"- ") || rest.starts_with(b", ")) {
            at += 1;
        } else {
            found.learner = learner(rest).map(|length| (at, at + length));
            found.end = found.learner.map_or(at, |(_, end)| end + 2);
            return found;
        }
    }
}

/// `3DBall. Step: 12000.`, `SoccerTwos?team=0. Step: 10.`: returns the length of the name before the step.
fn learner(rest: &[u8]) -> Option<usize> {
    let length = rest.iter().take(64).position(|byte| !byte.is_ascii_alphanumeric() && !b"_-?=/".contains(byte))?;
    let step = rest[length..].strip_prefix(b". ")?;
    let colon = step.iter().take(16).position(|byte| *byte == b':')?;
    (length > 1 && words::count(&step[..colon]).is_some()).then_some(length)
}

fn rank(bytes: &[u8]) -> Option<u32> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// `[rank0]:`, `[Rank 0]`, `[default0]:`, `[1,0]<stdout>:`, `[INFO]`, `[2024-01-01 10:00:00]`, `[timer.py:215:stop]`.
fn bracket(rest: &[u8], at: usize, is_glued: bool, found: &mut Prefix) -> Option<usize> {
    let inside = rest.strip_prefix(b"[")?;
    let close = inside.iter().take(96).position(|byte| *byte == b']')?;
    let inside = &inside[..close];
    let after = &rest[close + 2..];
    let colon = usize::from(after.first() == Some(&b':'));
    let letters = inside.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    let (name, number) = inside.split_at(letters);
    // torchrun puts the role of its workers there, whatever it is: `[trainer0]:`.
    let is_role = || colon == 1 && letters > 3 && DataSplit::of(name).is_none() && words::count(name).is_none();
    let is_rank = name == b"R" || names_process(name) || is_role();
    let mut skipped = usize::from(matches!(number.first(), Some(b' ' | b':' | b'=' | b'-' | b'_' | b'#')));
    skipped += usize::from(number.get(skipped) == Some(&b' '));
    let number = &number[skipped..];
    if is_rank && !number.is_empty() && digits(number) == number.len() {
        found.rank = rank(number);
        let first = at + 1 + letters + skipped;
        found.rank_at = Some((first, first + number.len()));
        return Some(close + 2 + colon);
    }
    // `[node01:8]`: a machine and a rank.
    if let Some(colon) = inside.iter().position(|byte| *byte == b':')
        && names_process(name)
        && digits(&inside[colon + 1..]) + colon + 1 == inside.len()
        && colon + 1 < inside.len()
        && colon > letters
    {
        found.rank = rank(&inside[colon + 1..]);
        found.rank_at = Some((at + 2 + colon, at + 1 + close));
        return Some(close + 2 + usize::from(after.first() == Some(&b':')));
    }
    // Open MPI: job and rank.
    if let Some(comma) = inside.iter().position(|byte| *byte == b',')
        && (after.starts_with(b"<stdout>:") || after.starts_with(b"<stderr>:"))
    {
        // SageMaker's has the word, and the machine: `[1,mpirank:1,algo-1]<stdout>:`.
        let first = comma + 1 + inside[comma + 1..].strip_prefix(b"mpirank:").map_or(0, |_| 8);
        let end = first + digits(&inside[first..]);
        found.rank = rank(&inside[first..end]);
        found.rank_at = Some((at + 1 + first, at + 1 + end));
        return Some(close + 2 + 9);
    }
    // `[PID 1235]`
    if name.eq_ignore_ascii_case(b"pid") && !number.is_empty() && digits(number) == number.len() {
        found.process = Some((at + 1 + letters + skipped, at + 1 + close));
        return Some(close + 2 + colon);
    }
    // `[INFO|DP=0|PP=0|TP=0]`: a level and an origin.
    if let Some(length) = level(inside) {
        found.is_complaint |= complains(&inside[..length]);
        if let Some(first) = inside.windows(4).position(|four| four == b"|DP=").map(|dp| dp + 4) {
            let end = first + digits(&inside[first..]);
            found.rank = rank(&inside[first..end]);
            found.rank_at = Some((at + 1 + first, at + 1 + end));
        }
        return Some(close + 2 + colon);
    }
    // `[2024-01-01 10:00:00,123][4711]`: a process.
    if is_glued && digits(inside) == inside.len() && !inside.is_empty() {
        return Some(close + 2 + colon);
    }
    if inside.contains(&b'<') || inside.contains(&b'=') || inside.is_empty() {
        return None;
    }
    if let Some((first, end, rank)) = origins::side_by_side(inside) {
        found.rank = Some(rank);
        found.rank_at = Some((at + 1 + first, at + 1 + end));
        return Some(close + 2 + colon);
    }
    let has_time = inside.windows(5).any(|five| digits(&five[..2]) == 2 && five[2] == b':' && digits(&five[3..]) == 2);
    let is_source = inside.windows(4).any(|four| four.starts_with(b".py:") || four.starts_with(b".cc:"));
    let is_date = inside.len() == 10 && digits(inside) == 4 && inside[4] == b'-';
    let is_word = letters > 0
        && inside.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        // `[train][INFO]` is Hydra's: a logger.
        && (DataSplit::of(inside).is_none() || after.strip_prefix(b"[").is_some_and(|next| level(next).is_some()))
        && words::count(inside).is_none();
    let is_place = || at > 0 && origins::is_bracketed_source(inside);
    (has_time || is_source || is_date || is_word || is_place()).then_some(close + 2 + colon)
}

/// `(RayWorker pid=123)`, `(WorkerDict pid=123, ip=10.0.0.1)`.
fn actor(rest: &[u8], at: usize, found: &mut Prefix) -> Option<usize> {
    let inside = rest.strip_prefix(b"(")?;
    let close = inside.iter().take(96).position(|byte| *byte == b')')?;
    let first = inside[..close].windows(4).position(|four| four == b"pid=")? + 5;
    found.process = Some((at + first, at + first + digits(&rest[first..])));
    Some(close + 2)
}

/// `I0101 10:00:00.123456 140 train.py:500] `.
fn glog(rest: &[u8], found: &mut Prefix) -> Option<usize> {
    if !matches!(rest, [b'I' | b'W' | b'E' | b'F', a, ..] if a.is_ascii_digit())
        || digits(&rest[1..]) != 4
        || rest.get(5) != Some(&b' ')
    {
        return None;
    }
    let close = rest.iter().take(160).position(|byte| *byte == b']')?;
    if !rest[..close].contains(&b':') {
        return None;
    }
    found.is_complaint |= rest[0] != b'I';
    Some(close + 1)
}

/// `Jan  1 10:00:00 host python[123]: `, `Mon 01 Jan 2024 10:00:00`, `Jan  1 10:00:00 `, `Thu Jan  1 10:00:00 2026 `.
fn syslog(rest: &[u8]) -> Option<usize> {
    const DAYS: [&[u8]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
    const MONTHS: [&[u8]; 12] =
        [b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ", b"Nov ", b"Dec "];
    let mut at = if DAYS.iter().any(|day| rest.starts_with(day)) { 4 } else { 0 };
    let is_month = |at: usize| MONTHS.iter().any(|month| rest.get(at..).is_some_and(|rest| rest.starts_with(month)));
    let day = digits(&rest[at..]);
    // `01 Jan 2024 `
    if matches!(day, 1 | 2) && is_month(at + day + 1) && digits(&rest[at + day + 5..]) == 4 {
        at += day + 10;
    } else if is_month(at) {
        at += 4;
        at += usize::from(rest.get(at) == Some(&b' '));
        let day = digits(&rest[at..]);
        if day == 0 || day > 2 || rest.get(at + day) != Some(&b' ') {
            return None;
        }
        at += day + 1;
    } else {
        return None;
    }
    at += clock(rest.get(at..)?)?;
    // The machine and the program, or the year.
    let behind = &rest[at..];
    let colon = behind.iter().take(96).position(|byte| *byte == b':');
    if let Some(colon) = colon
        && behind[..colon].ends_with(b"]")
        && behind[..colon].contains(&b'[')
    {
        return Some(at + colon + 1);
    }
    if behind.starts_with(b" ") && digits(&behind[1..]) == 4 {
        at += 5;
    }
    Some(at)
}

/// `2024-01-01T10:00:00.123Z`, `01/31/2024 10:00:00`, `01/31 10:00:00`, `10:00:00,123`.
fn date_or_time(rest: &[u8]) -> Option<usize> {
    let mut end = match digits(rest) {
        4 if rest.len() >= 10
            && matches!(rest[4], b'-' | b'/' | b'.')
            && digits(&rest[5..]) == 2
            && rest[7] == rest[4]
            && digits(&rest[8..10]) == 2 =>
        {
            10
        }
        // The year last.
        2 if rest.len() >= 10
            && matches!(rest[2], b'-' | b'/' | b'.')
            && digits(&rest[3..]) == 2
            && rest[5] == rest[2]
            && digits(&rest[6..]) == 4 =>
        {
            10
        }
        2 if rest.len() > 6
            && matches!(rest[2], b'-' | b'/')
            && digits(&rest[3..]) == 2
            && rest[5] == b' '
            && clock(&rest[6..]).is_some() =>
        {
            5
        }
        _ => 0,
    };
    let spaces = usize::from(end > 0 && matches!(rest.get(end), Some(b' ' | b'T' | b'_' | b'-')));
    if let Some(time) = rest.get(end + spaces..).and_then(clock) {
        end += spaces + time;
    }
    (end > 0).then_some(end)
}

/// Hours, minutes and seconds.
fn clock(rest: &[u8]) -> Option<usize> {
    if !(digits(rest) == 2
        && rest.get(2) == Some(&b':')
        && digits(&rest[3..]) == 2
        && rest.get(5) == Some(&b':')
        && digits(&rest[6..]) == 2)
    {
        return None;
    }
    let mut end = 8;
    if matches!(rest.get(end), Some(b'.' | b',')) {
        let fraction = digits(&rest[end + 1..]);
        end += if fraction > 0 { 1 + fraction } else { 0 };
    }
    match rest.get(end) {
        Some(b'Z') => end += 1,
        Some(b'+' | b'-') if digits(&rest[end + 1..]) >= 2 => {
            end += 1 + rest[end + 1..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b':').count();
        }
        _ => {}
    }
    // `10:00:00<01:30`, `10:00:00/…`: part of something else.
    rest.get(end).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'|' | b']' | b':' | b'-' | b',')).then_some(end)
}

/// `rank 0:`, `Rank0 |`, `rank=0 `.
fn named_rank(rest: &[u8], at: usize, found: &mut Prefix) -> Option<usize> {
    if let Some(inside) = rest.strip_prefix(b"(") {
        let end = named_rank(inside, at + 1, found)?;
        return (inside.get(end) == Some(&b')')).then_some(end + 2);
    }
    if !rest.get(..4)?.eq_ignore_ascii_case(b"rank") {
        return None;
    }
    let first = 4 + usize::from(matches!(rest.get(4), Some(b' ' | b'=' | b':' | b'_')));
    let end = first + digits(rest.get(first..)?);
    let after = rest.get(end)?;
    if end == first || !matches!(after, b':' | b'|' | b']' | b' ' | b',' | b')') {
        return None;
    }
    found.rank = rank(&rest[first..end]);
    found.rank_at = Some((at + first, at + end));
    Some(end + usize::from(!matches!(after, b' ' | b')')))
}

/// True for a name that identifies a process.
fn names_process(name: &[u8]) -> bool {
    let names = ["rank", "gpu", "cuda", "worker", "node", "host", "proc", "process", "device", "compute", "nid"];
    let last = name.rsplit(|byte| *byte == b'_').next().unwrap_or(name);
    names.iter().any(|one| last.eq_ignore_ascii_case(one.as_bytes()))
}

/// `GPU0:`, `cuda:0 |`, `worker-0:`, `node001:`, `gpu-node-3:`: a process or a machine before a line that continues
/// with words. Its number is the rank, unless a better one follows.
fn machine(rest: &[u8], at: usize, found: &mut Prefix) -> Option<usize> {
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
    let last = rest[..length].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (first, end) = if last > 0 {
        (length - last, length)
    } else {
        // `cuda:0`, `GPU 0`
        let first = length + 1;
        (first, first + digits(rest.get(first..)?))
    };
    let name = rest[..first].trim_ascii_end();
    let stem = name.strip_suffix(b":").unwrap_or(name).trim_ascii_end();
    let stem = stem.strip_suffix(b"-").or_else(|| stem.strip_suffix(b"_")).unwrap_or(stem);
    let word = stem.rsplit(|byte| !byte.is_ascii_alphabetic()).next()?;
    let is_apart = last > 0 || matches!(rest[first - 1], b':' | b' ');
    if end == first || !is_apart || !names_process(word) {
        return None;
    }
    let spaces = rest[end..].iter().take_while(|byte| **byte == b' ').count();
    let behind = rest.get(end + spaces)?;
    let next = rest[end + spaces + 1..].trim_ascii_start().first()?;
    let continues = matches!(behind, b'|') || *behind == b':' && spaces == 0;
    if !continues || !(next.is_ascii_alphabetic() || matches!(next, b'[' | b'{')) {
        return None;
    }
    found.rank = rank(&rest[first..end]);
    found.rank_at = Some((at + first, at + end));
    Some(end + spaces + 1)
}

/// `host:0 olmo.train:100 INFO`: a machine and a place in the source before a level.
fn places_before_a_level(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    for _ in 0..3 {
        let word = rest[at..].iter().take_while(|byte| !matches!(byte, b' ' | b'\t' | b'=')).count();
        let text = &rest[at..at + word];
        let name = text.split(|byte| *byte == b':').next().unwrap_or(text);
        if !text.contains(&b':')
            || words::count(name).is_some()
            || DataSplit::of(name).is_some()
            || words::is_measured(name)
        {
            return None;
        }
        at += word;
        let spaces = rest[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        at += spaces;
        if spaces == 0 || at >= rest.len() {
            return None;
        }
        if level(&rest[at..]).is_some() {
            return Some(at);
        }
    }
    None
}

/// The name of a logger: after a level, or before one, or before a place in the source.
fn logger(rest: &[u8], has_level: bool) -> Option<usize> {
    let length = rest
        .iter()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b'<' | b'>' | b'/')
        })
        .count();
    if length == 0 || !(rest[0].is_ascii_alphabetic() || rest[0] == b'_' || rest[0] == b'<') {
        return None;
    }
    let mut end = length;
    let spaces = rest[end..].iter().take_while(|byte| **byte == b' ').count();
    let after = rest.get(end + spaces..)?;
    if !has_level && level(after).is_some() {
        return Some(end);
    }
    if let Some(inside) = after.strip_prefix(b"[")
        && let Some(close) = inside.iter().take(160).position(|byte| *byte == b']')
        && inside[..close].windows(4).any(|four| four == b".py:")
    {
        return Some(end + spaces + close + 2);
    }
    let text = &rest[..length];
    if origins::is_source(text, after) {
        return Some(end);
    }
    // OpenStack's `INFO trainer [-] `.
    if has_level && after.starts_with(b"[-] ") {
        return Some(end + spaces + 3);
    }
    if !has_level && let Some(end) = places_before_a_level(rest) {
        return Some(end);
    }
    if !has_level {
        // `root - INFO -`, `mmengine - INFO -`, `| root | INFO |`.
        let next = after.strip_prefix(b"- ").or_else(|| after.strip_prefix(b"|"))?;
        let next = next.trim_ascii_start();
        return (level(next).is_some() && words::count(text).is_none()).then_some(end);
    }
    // `INFO:root:`, `INFO root: `, `INFO | train_inner | `.
    if let Some(colon) = text.iter().position(|byte| *byte == b':') {
        end = colon;
    }
    let name = &rest[..end];
    if DataSplit::of(name).is_some()
        || words::count(name).is_some()
        || words::is_measured(name) && !name.contains(&b'.')
    {
        return None;
    }
    let next = rest[end..].trim_ascii_start();
    // fairseq: `| dev_clean | epoch 001 | valid on 'dev_clean' subset |`
    if next.starts_with(b"|") && DataSplit::of_subset(name).is_some() {
        return None;
    }
    let next = if next.starts_with(b"- ") || next.starts_with(b"|") || next.starts_with(b":") {
        &next[1..]
    } else {
        return None;
    };
    let next = next.trim_ascii_start();
    (!next.is_empty() && !matches!(next[0], b'0'..=b'9' | b'-' | b'+' | b'.')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_many_programs() {
        for (before, rank) in [
            ("", None),
            ("2024-01-01 10:00:00,123 INFO root: ", None),
            ("2024-01-01T10:00:00.123Z INFO ", None),
            ("[2024-01-01 10:00:00,123][train][INFO] - ", None),
            ("2024-01-01 10:00:00.123 | INFO     | __main__:train:55 - ", None),
            ("2023/05/01 10:00:00 - mmengine - INFO - ", None),
            ("[titan] 2026-05-18 16:04:40,338 - root - INFO - ", None),
            ("[rank0]:[titan] 2026-05-18 16:04:40,338 - root - INFO - ", Some(0)),
            ("[default3]:", Some(3)),
            ("[1,2]<stdout>:", Some(2)),
            ("(RayWorker pid=123, ip=10.0.0.1) ", None),
            ("[2022-03-11 02:06:50,985] [INFO] [logging.py:69:log_dist] [Rank 0] ", Some(0)),
            ("[01/01 10:00:00 d2.utils.events]: ", None),
            ("[01/31 10:00:00] ppdet.engine INFO: ", None),
            ("I0101 10:00:00.123456 140 train.py:500] ", None),
            ("INFO:root:", None),
            ("2020-06-05 14:28:20 | INFO | train_inner | ", None),
            ("2024-01-01 10:00:00.123 | INFO     | trainer:fit:55 - ", None),
            ("[INFO|2025-01-01 10:00:00] llamafactory.train.callbacks:143 >> ", None),
            ("[INFO|trainer.py:2134] 2025-01-01 10:00:00,123 >> ", None),
            ("2024-11-27T10:00:00.123456+01:00 gpu01 python3[1234]: ", None),
            ("2024-11-27T10:00:00+0100 gpu-01.lan python3[1234]: ", None),
            ("2024-01-01 10:00:00 [trainer:55] ", None),
            ("[2024-01-01 10:00:00] INFO trainer:55 - ", None),
            ("2024-01-01 10:00:00.123 12345 INFO trainer [-] ", None),
            ("[2024-01-01 10:00:00,123][trainer:55][INFO][rank:1] ", Some(1)),
            ("2024-11-27T10:00:00.123Z\t[1,mpirank:3,algo-1]<stdout>:", Some(3)),
            ("[2024-01-01 10:00:00 swin_tiny](main.py 226): INFO ", None),
            ("[dp0-tp3] ", Some(3)),
            ("[2024-01-01 10:00:00 DP1 TP0] ", Some(64)),
            ("Rank 1: ", Some(1)),
        ] {
            for body in ["step 10: loss 3.2", "epoch 001: 100 / 1103 loss=1", "loss: 0.5 step: 3", "train loss 3"] {
                let line = format!("{before}{body}");
                let found = prefix(line.as_bytes());
                assert_eq!((&line[found.end..], found.rank), (body, rank), "{line}");
            }
        }
        for whole in [
            "[10]\ttrain-rmse:0.5",
            "[Epoch 0] Train-acc=0.9",
            "[train] step 1",
            "250/1750 train_loss: 4.9",
            "step 1",
            "10:00 x",
            "samples:320 - loss:2.5",
            "[samples:320] loss 2.5",
        ] {
            assert_eq!(prefix(whole.as_bytes()).end, 0, "{whole}");
        }
        for values in ["INFO samples:320 - loss:2.5", "10:00:00 loss:55 - step 3", "10:00:00 [epoch:3] loss 2.5"] {
            let end = values.find(' ').unwrap_or_default() + 1;
            assert_eq!(prefix(values.as_bytes()).end, end, "{values}");
        }
    }
}
