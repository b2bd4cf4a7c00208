//! Samples the machine: load, memory, GPUs.

use nvml_wrapper::Nvml;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::model::{Gpu, Host};

/// Samples the machine. Creating it finds the GPUs' driver, if there is one.
pub struct HostReader {
    system: System,
    driver: Option<Nvml>,
}

impl Default for HostReader {
    fn default() -> Self {
        let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        // On machines without GPUs there is usually no driver.
        Self { system: System::new_with_specifics(what), driver: Nvml::init().ok() }
    }
}

impl HostReader {
    /// Takes one sample.
    pub fn sample(&mut self) -> Host {
        self.system.refresh_memory();
        let load = System::load_average().one;
        Host {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            load: (load > 0.0).then_some(load),
            memory_used: self.system.total_memory().saturating_sub(self.system.available_memory()),
            memory_total: self.system.total_memory(),
            gpus: self.driver.as_ref().map(gpus).unwrap_or_default(),
        }
    }
}

/// The driver's report for each GPU; values it does not report are `None`.
fn gpus(driver: &Nvml) -> Vec<Gpu> {
    let count = driver.device_count().unwrap_or(0);
    (0..count)
        .filter_map(|index| driver.device_by_index(index).ok())
        .map(|device| Gpu {
            name: device.name().unwrap_or_default(),
            busy_percent: device.utilization_rates().ok().map(|rates| rates.gpu),
            memory: device.memory_info().ok().map(|memory| (memory.used, memory.total)),
            watts: device.power_usage().ok().map(|milliwatts| f64::from(milliwatts) / 1000.0),
        })
        .collect()
}
