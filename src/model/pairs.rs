//! Pairs removed lines with the added lines that replace them.

/// Lines of a block that are compared with each other; longer blocks are paired in order.
const MOST_COMPARED: usize = 64 * 64;
/// Share of two lines that must be equal for one to count as an edit of the other.
const ALIKE: f64 = 0.5;
/// Bytes of a line that are compared.
const LOOKED_AT: usize = 512;

/// Pairs the removed lines of a block with the added ones, both in order: indices of each, with `None` on the side that
/// has no counterpart. If both sides have the same number of lines they are paired one by one, otherwise the most
/// similar ones are paired.
pub fn paired(removed: &[&[u8]], added: &[&[u8]]) -> Vec<(Option<usize>, Option<usize>)> {
    let (rows, columns) = (removed.len(), added.len());
    if rows == columns || rows * columns > MOST_COMPARED {
        let at = |count: usize, at: usize| (at < count).then_some(at);
        return (0..rows.max(columns)).map(|row| (at(rows, row), at(columns, row))).collect();
    }
    // The best total similarity from each position to the end.
    let mut best = vec![vec![0.0_f64; columns + 1]; rows + 1];
    let alike: Vec<Vec<f64>> = removed.iter().map(|old| added.iter().map(|new| likeness(old, new)).collect()).collect();
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let together =
                if alike[row][column] >= ALIKE { alike[row][column] + best[row + 1][column + 1] } else { 0.0 };
            best[row][column] = together.max(best[row + 1][column]).max(best[row][column + 1]);
        }
    }
    let mut pairs = Vec::with_capacity(rows.max(columns));
    let (mut row, mut column) = (0, 0);
    while row < rows && column < columns {
        let here = best[row][column];
        let together = alike[row][column];
        if together >= ALIKE && together + best[row + 1][column + 1] >= here {
            pairs.push((Some(row), Some(column)));
            row += 1;
            column += 1;
        } else if best[row + 1][column] >= here {
            pairs.push((Some(row), None));
            row += 1;
        } else {
            pairs.push((None, Some(column)));
            column += 1;
        }
    }
    pairs.extend((row..rows).map(|row| (Some(row), None)));
    pairs.extend((column..columns).map(|column| (None, Some(column))));
    pairs
}

/// True if one text reads like an edit of the other.
pub fn alike(a: &[u8], b: &[u8]) -> bool {
    likeness(a, b) >= ALIKE
}

/// The share of the longer line that two lines have in common at their beginning and end, 0 to 1; indentation does not
/// count.
fn likeness(a: &[u8], b: &[u8]) -> f64 {
    let (a, b) = (a.trim_ascii(), b.trim_ascii());
    let (a, b) = (&a[..a.len().min(LOOKED_AT)], &b[..b.len().min(LOOKED_AT)]);
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    let begin = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let end = a[begin..].iter().rev().zip(b[begin..].iter().rev()).take_while(|(a, b)| a == b).count();
    (begin + end) as f64 / longest as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(removed: &str, added: &str) -> Vec<(Option<usize>, Option<usize>)> {
        let lines = |text: &'static str| -> Vec<&'static [u8]> { text.lines().map(str::as_bytes).collect() };
        // The texts of tests live as long as the tests.
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        paired(&lines(leak(removed)), &lines(leak(added)))
    }

    #[test]
    fn an_inserted_line_leaves_the_others_their_counterparts() {
        assert_eq!(
            of("LR = 0.1\nDEPTH = 8", "LR = 0.2\nimport math\nDEPTH = 9"),
            [(Some(0), Some(0)), (None, Some(1)), (Some(1), Some(2))]
        );
        assert_eq!(of("a = 1\nb = 2\nc = 3", "b = 4"), [(Some(0), None), (Some(1), Some(0)), (Some(2), None)]);
    }

    #[test]
    fn every_line_occurs_once_and_in_order() {
        for (removed, added) in [("", ""), ("a", ""), ("", "a\nb"), ("x\ny\nz", "p\nq"), ("a\na\na", "a")] {
            let pairs = of(removed, added);
            let left: Vec<usize> = pairs.iter().filter_map(|pair| pair.0).collect();
            let right: Vec<usize> = pairs.iter().filter_map(|pair| pair.1).collect();
            assert_eq!(left, (0..removed.lines().count()).collect::<Vec<_>>(), "{removed:?} {added:?}");
            assert_eq!(right, (0..added.lines().count()).collect::<Vec<_>>(), "{removed:?} {added:?}");
        }
    }
}
