//! Files of TensorBoard events.

/// What a program writes into a new file before it has a value.
pub fn version() -> Vec<u8> {
    framed(&[&[1 << 3 | 1], &1.7e9_f64.to_le_bytes()[..], &[3 << 3 | 2, 13], b"brain.Event:2"].concat())
}

/// An event for each of these steps, with a value of one metric; the value says which step and which file it is of.
pub fn events(metric: &str, steps: std::ops::Range<u32>, mark: f32) -> Vec<u8> {
    steps.flat_map(|step| event(metric, step, step as f32 + mark)).collect()
}

fn event(metric: &str, step: u32, value: f32) -> Vec<u8> {
    let mut told = field(1, metric.as_bytes());
    told.push(2 << 3 | 5);
    told.extend(value.to_le_bytes());
    let mut event = vec![1 << 3 | 1];
    event.extend((1.7e9 + f64::from(step)).to_le_bytes());
    event.push(2 << 3);
    varint(&mut event, u64::from(step));
    event.extend(field(5, &field(1, &told)));
    framed(&event)
}

fn framed(event: &[u8]) -> Vec<u8> {
    let sum = |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    let length = (event.len() as u64).to_le_bytes();
    [&length[..], &sum(&length), event, &sum(event)].concat()
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    varint(&mut out, content.len() as u64);
    out.extend_from_slice(content);
    out
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}
