//! The built binary in a real terminal.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Loop;

pub const DEADLINE: Duration = Duration::from_secs(30);

fn cells(count: u16) -> std::num::NonZero<u16> {
    count.try_into().unwrap()
}

/// The binary in a PTY; killed when dropped.
pub struct Tty {
    pub child: Box<dyn Child + Send + Sync>,
    pub master: Option<Box<dyn MasterPty + Send>>,
    pub input: Option<Box<dyn std::io::Write + Send>>,
    pub parser: Arc<Mutex<vt100::Parser>>,
    pub bytes: Arc<Mutex<Vec<u8>>>,
    /// True while the terminal does not read.
    is_blocked: Arc<AtomicBool>,
    /// When the screen changed last.
    changed: Arc<Mutex<Instant>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Tty {
    pub fn open(a_loop: &Loop, columns: u16, rows: u16, more: &[(&str, &str)]) -> Self {
        Self::run(a_loop, columns, rows, more, &[&a_loop.dir().to_string_lossy()])
    }

    pub fn run(a_loop: &Loop, columns: u16, rows: u16, more: &[(&str, &str)], args: &[&str]) -> Self {
        Self::program(a_loop, columns, rows, more, &super::binary(), args)
    }

    /// Another program than the binary, which may start it.
    pub fn program(
        a_loop: &Loop,
        columns: u16,
        rows: u16,
        more: &[(&str, &str)],
        program: &str,
        args: &[&str],
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        for (name, value) in a_loop.environment() {
            command.env(name, value);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        command.args(args);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let is_blocked = Arc::new(AtomicBool::new(false));
        let (to_parser, to_bytes, blocked) = (Arc::clone(&parser), Arc::clone(&bytes), Arc::clone(&is_blocked));
        let changed = Arc::new(Mutex::new(Instant::now()));
        let changes = Arc::clone(&changed);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                while blocked.load(Ordering::SeqCst) {
                    std::thread::park_timeout(Duration::from_millis(3));
                }
                let Ok(read) = reader.read(&mut buffer) else { break };
                if read == 0 {
                    break;
                }
                to_parser.lock().unwrap().process(&buffer[..read]);
                to_bytes.lock().unwrap().extend_from_slice(&buffer[..read]);
                *changes.lock().unwrap() = Instant::now();
            }
        });
        let input = Some(pair.master.take_writer().unwrap());
        Self { child, master: Some(pair.master), input, parser, bytes, is_blocked, changed, reader: Some(reader) }
    }

    /// From now on the terminal reads nothing, or reads again.
    pub fn block(&self, blocked: bool) {
        self.is_blocked.store(blocked, Ordering::SeqCst);
    }

    /// The exit code, while the terminal does not read.
    pub fn exit_code_unread(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < end, "it did not end while the terminal did not read");
            std::thread::park_timeout(Duration::from_millis(3));
        }
    }

    pub fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    pub fn wait(&self, what: &str, good: impl Fn(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if good(&self.screen()) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(3));
        }
        panic!("never saw {what} on\n{}", self.screen());
    }

    /// Waits until the screen holds some words.
    pub fn sees(&self, words: &str) {
        self.wait(words, |screen| screen.contains(words));
    }

    /// Answers a question when it is there; nothing where the program ends without asking.
    pub fn answer(&mut self, question: &str, keys: &str) {
        self.answer_unless(question, keys, || false);
    }

    /// The same, unless something else comes first.
    pub fn answer_unless(&mut self, question: &str, keys: &str, other: impl Fn() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !self.screen().contains(question) {
            if self.child.try_wait().unwrap().is_some() || other() {
                return;
            }
            assert!(Instant::now() < end, "never asked `{question}` on\n{}", self.screen());
            std::thread::park_timeout(Duration::from_millis(3));
        }
        self.keys(keys);
    }

    /// Types as a person does, who has to see a screen before they answer it: a key that is read while a window is
    /// still being drawn is no answer to it.
    pub fn keys(&mut self, keys: &str) {
        let end = Instant::now() + Duration::from_millis(300);
        while self.changed.lock().unwrap().elapsed() < Duration::from_millis(30) && Instant::now() < end {
            std::thread::park_timeout(Duration::from_millis(3));
        }
        self.keys_at_once(keys);
    }

    /// Types without looking.
    pub fn keys_at_once(&mut self, keys: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.lock().unwrap().screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// The same for a process that may have ended by itself.
    pub fn signal_if_alive(&self, name: &str) {
        if let Some(pid) = self.child.process_id() {
            let mut kill = std::process::Command::new("kill");
            let _ = kill.args(["-s", name, &pid.to_string()]).stderr(std::process::Stdio::null()).status();
        }
    }

    pub fn exit_code(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last is on its way still.
                while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) && Instant::now() < end {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                return status.exit_code();
            }
            std::thread::park_timeout(Duration::from_millis(3));
        }
        panic!("it did not end; the screen:\n{}", self.screen());
    }

    /// The terminal is as it was: main screen, cursor shown, no bracketed paste.
    pub fn assert_restored(&self) {
        let end = Instant::now() + DEADLINE;
        loop {
            let parser = self.parser.lock().unwrap();
            let screen = parser.screen();
            if !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste() {
                return;
            }
            drop(parser);
            assert!(Instant::now() < end, "the terminal was not restored");
            std::thread::park_timeout(Duration::from_millis(3));
        }
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn wait_for(what: &str, good: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !good() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// What was written beside the window titles of ours, each of which is visible text.
pub fn without_titles(bytes: &[u8]) -> Vec<u8> {
    const BEGIN: &[u8] = b"\x1b]0;countersign ";
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(BEGIN.len()).position(|window| window == BEGIN) {
        out.extend_from_slice(&rest[..at]);
        let title = &rest[at + BEGIN.len()..];
        let end = title.iter().position(|byte| *byte == 7).unwrap();
        let text = std::str::from_utf8(&title[..end]).unwrap();
        assert!(!text.chars().any(countersign::policy::text::is_hidden), "{text:?}");
        rest = &title[end + 1..];
    }
    out.extend_from_slice(rest);
    out
}
