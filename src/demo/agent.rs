//! The scripted agent, a child process that ends with this one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::DemoError;

/// Time allowed for it to exit.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running agent. It exits at the end of its standard input, so it ends with this process however that ends, and
/// takes its training run with it.
pub struct Agent(Child);

impl Agent {
    /// Starts `agent.py` in the loop's directory; its output goes to a log named after its `number`.
    pub fn start(dir: &Path, number: usize, words: &[&str]) -> Result<Self, DemoError> {
        let path = dir.join(if number == 1 { "agent.log".to_owned() } else { format!("agent-{number}.log") });
        let log = std::fs::File::create(&path).map_err(DemoError::io(&path))?;
        let errors = log.try_clone().map_err(DemoError::io(&path))?;
        let child = Command::new("python3")
            .args(["-u", "agent.py", "--until-eof"])
            .args(words)
            .current_dir(dir)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(DemoError::io("python3"))?;
        Ok(Self(child))
    }

    /// True once it has exited.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // The end of its input tells it to exit.
        drop(self.0.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Kills it if it is still running; it may exit at this very moment.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
