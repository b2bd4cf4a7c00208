//! Training logs of any size, in the formats of the real writers.

/// A falling loss with noise, as the writers print it: with all its digits.
pub(crate) fn value(step: u32, metric: u32) -> f64 {
    let noise = f64::from(step.wrapping_mul(2_654_435_761).wrapping_add(metric * 97)) / f64::from(u32::MAX);
    2.0 + 7.0 / (1.0 + f64::from(step) * 1e-3) + 0.1 * noise
}

/// `metrics.jsonl`: one object per step.
pub(crate) fn jsonl(steps: u32, metrics: u32) -> Vec<u8> {
    let mut out = String::new();
    for step in 0..steps {
        out.push_str(&format!("{{\"step\": {step}"));
        for metric in 0..metrics {
            out.push_str(&format!(", \"train/metric_{metric}\": {}", value(step, metric)));
        }
        out.push_str("}\n");
    }
    out.into_bytes()
}

/// `metrics.csv`: one row per step.
pub(crate) fn csv(steps: u32, metrics: u32) -> Vec<u8> {
    let mut out = String::from("step");
    (0..metrics).for_each(|metric| out.push_str(&format!(",metric_{metric}")));
    for step in 0..steps {
        out.push_str(&format!("\n{step}"));
        (0..metrics).for_each(|metric| out.push_str(&format!(",{}", value(step, metric))));
    }
    out.push('\n');
    out.into_bytes()
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn bytes(out: &mut Vec<u8>, field: u64, content: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// A TensorBoard events file: one event per step, with a value of each metric.
pub(crate) fn tfevents(steps: u32, metrics: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |event: &[u8]| {
        let sum = |content: &[u8]| crc32c::crc32c(content).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
        let length = (event.len() as u64).to_le_bytes();
        out.extend_from_slice(&length);
        out.extend_from_slice(&sum(&length));
        out.extend_from_slice(event);
        out.extend_from_slice(&sum(event));
    };
    for step in 0..steps {
        for metric in 0..metrics {
            let (mut value_bytes, mut summary, mut event) = (Vec::new(), Vec::new(), Vec::new());
            bytes(&mut value_bytes, 1, format!("train/metric_{metric}").as_bytes());
            value_bytes.push(2 << 3 | 5);
            value_bytes.extend_from_slice(&(value(step, metric) as f32).to_le_bytes());
            bytes(&mut summary, 1, &value_bytes);
            event.push(1 << 3 | 1);
            event.extend_from_slice(&(1.7e9 + f64::from(step)).to_le_bytes());
            varint(&mut event, 2 << 3);
            varint(&mut event, u64::from(step));
            bytes(&mut event, 5, &summary);
            put(&event);
        }
    }
    out
}

/// A W&B run: one history record per step, as its core writes them.
pub(crate) fn wandb(steps: u32, metrics: u32) -> Vec<u8> {
    const BLOCK: usize = 32 * 1024;
    let mut out = b":W&B\xe1\xbe\0".to_vec();
    let mut put = |record: &[u8]| {
        let mut rest = record;
        let mut is_first = true;
        loop {
            let left = BLOCK - out.len() % BLOCK;
            if left < 7 {
                out.extend(std::iter::repeat_n(0, left));
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(left - 7));
            let kind = match (is_first, later.is_empty()) {
                (true, true) => 1,
                (true, false) => 2,
                (false, false) => 3,
                (false, true) => 4,
            };
            let checked = [&[kind], now].concat();
            out.extend_from_slice(&crc32fast::hash(&checked).to_le_bytes());
            out.extend_from_slice(&(now.len() as u16).to_le_bytes());
            out.extend_from_slice(&checked);
            (rest, is_first) = (later, false);
            if rest.is_empty() {
                break;
            }
        }
    };
    for step in 0..steps {
        let mut history = Vec::new();
        let mut item = |name: &str, json: &str| {
            let mut item = Vec::new();
            bytes(&mut item, 2, name.as_bytes());
            bytes(&mut item, 16, json.as_bytes());
            bytes(&mut history, 1, &item);
        };
        for metric in 0..metrics {
            item(&format!("train/metric_{metric}"), &value(step, metric).to_string());
        }
        item("_timestamp", &(1.7e9 + f64::from(step)).to_string());
        item("_step", &step.to_string());
        let mut step_bytes = Vec::new();
        varint(&mut step_bytes, 1 << 3);
        varint(&mut step_bytes, u64::from(step));
        bytes(&mut history, 2, &step_bytes);
        let mut record = Vec::new();
        bytes(&mut record, 2, &history);
        put(&record);
    }
    out
}
