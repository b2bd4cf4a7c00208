//! How busy the machine is.

/// One look at the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Processor cores.
    pub cores: usize,
    /// Processes that ran or wanted to, averaged over a minute; `None` where the system does not say.
    pub load: Option<f64>,
    /// Bytes of memory in use.
    pub memory_used: u64,
    /// Bytes of memory there are.
    pub memory_total: u64,
    /// GPUs in the driver's order; empty where there is no driver or no GPU.
    pub gpus: Vec<Gpu>,
}

/// One GPU, as its driver reports it. What it does not report is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gpu {
    /// Its name.
    pub name: String,
    /// Share of time in which it computed, in percent.
    pub busy_percent: Option<u32>,
    /// Bytes of memory in use, and all of them.
    pub memory: Option<(u64, u64)>,
    /// Power in watts.
    pub watts: Option<f64>,
}
