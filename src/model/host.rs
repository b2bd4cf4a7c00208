//! The load of the machine.

/// One sample of the machine's load.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Processor cores.
    pub cores: usize,
    /// Number of runnable processes, averaged over a minute; `None` if the system does not report it.
    pub load: Option<f64>,
    /// Bytes of memory in use.
    pub memory_used: u64,
    /// Total bytes of memory.
    pub memory_total: u64,
    /// GPUs in the driver's order; empty without a driver or a GPU.
    pub gpus: Vec<Gpu>,
}

/// One GPU, as its driver reports it; `None` for values it does not report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gpu {
    /// Its name.
    pub name: String,
    /// Percentage of time in which it computed.
    pub busy_percent: Option<u32>,
    /// Bytes of memory in use, and in total.
    pub memory: Option<(u64, u64)>,
    /// Power in watts.
    pub watts: Option<f64>,
}
