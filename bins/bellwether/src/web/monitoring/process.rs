//! What the process takes of its machine.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// The process as the operating system sees it.
#[derive(Debug, Default)]
pub(super) struct ProcessMeter(Mutex<System>);

/// What the process takes; `None` where the operating system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct ProcessMeasures {
    /// Memory that it occupies, in bytes.
    pub(super) memory_bytes: Option<u64>,
    /// Time of processors that it used since it started, in milliseconds.
    pub(super) cpu_milliseconds: Option<u64>,
    /// Files and connections that it has open.
    pub(super) open_files: Option<u64>,
}

impl ProcessMeter {
    /// Asks the operating system.
    pub(super) fn read(&self) -> ProcessMeasures {
        let Ok(pid) = get_current_pid() else { return ProcessMeasures::default() };
        let mut system = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = ProcessRefreshKind::nothing().with_memory().with_cpu().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, wanted);
        system.process(pid).map_or_else(ProcessMeasures::default, |process| ProcessMeasures {
            memory_bytes: Some(process.memory()),
            cpu_milliseconds: Some(process.accumulated_cpu_time()),
            open_files: process.open_files().map(|count| count as u64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set in the process that is measured.
    #[cfg(target_os = "linux")]
    const ALONE: &str = "BELLWETHER_MEASURED_ALONE";

    #[test]
    #[cfg(target_os = "linux")]
    fn the_operating_system_tells_what_the_process_takes() {
        // Other tests take memory and give it back: this one has a process to itself.
        if std::env::var_os(ALONE).is_none() {
            let (_, place) = module_path!().split_once("::").expect("in a module of the program");
            let name = format!("{place}::the_operating_system_tells_what_the_process_takes");
            let mut own = std::process::Command::new(std::env::current_exe().expect("a path"));
            let done = own.args([&name, "--exact"]).env(ALONE, "1").output().expect("it runs");
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        let meter = ProcessMeter::default();
        let before = meter.read();
        let kept = vec![1_u8; 64 << 20];
        let files: Vec<_> = (0..5).map(|_| tempfile::tempfile().expect("a file")).collect();
        while meter.read().cpu_milliseconds < before.cpu_milliseconds.map(|used| used + 30) {
            std::hint::black_box(kept.iter().fold(0_u64, |sum, byte| sum.wrapping_add(u64::from(*byte))));
        }
        let after = meter.read();
        assert!(
            after.memory_bytes > before.memory_bytes.map(|bytes| bytes + (48 << 20)),
            "{before:?} {after:?}"
        );
        assert!(after.open_files >= before.open_files.map(|open| open + files.len() as u64 - 2));
    }
}
