//! Writing to the terminal: frames, the title, and width queries.

use color_eyre::eyre::WrapErr as _;
use ratatui::backend::Backend as _;
use tokio::time::Instant;

use crate::app::{Drawn, Event, KeyPress};
use crate::policy::text::Visible;
use crate::runtime::input::events_of;
use crate::runtime::keyboard::Keyboard;
use crate::runtime::measuring::{REST, ask};
use crate::runtime::signals::SignalAction;
use crate::runtime::tui::{MOST_TYPED, TerminalUi};
use crate::terminal;
use crate::ui::draw;
use crate::watch::now_ms;

impl TerminalUi {
    /// Draws a frame and waits until the terminal took it; returns a signal received meanwhile.
    pub(crate) async fn draw(&mut self, keyboard: &mut Keyboard) -> std::io::Result<Option<SignalAction>> {
        let drawn = self.put()?;
        let taken = loop {
            tokio::select! {
                biased;
                action = self.signals.next() => return Ok(Some(action)),
                taken = terminal::written() => break taken?,
                typed = keyboard.next(), if self.typed.len() < MOST_TYPED => {
                    let Some(typed) = typed else { return Ok(Some(SignalAction::Leave)) };
                    // Ctrl-C is handled even while the terminal does not read.
                    if events_of(typed.input.clone()).any(|event| matches!(event, Event::Key(KeyPress::Ctrl('c')))) {
                        return Ok(Some(SignalAction::Leave));
                    }
                    self.typed.push_back(typed);
                }
            }
        };
        self.state.now_ms = now_ms();
        self.take(Event::Drawn(drawn));
        // The same window drawn again keeps its earlier time.
        let same = |before: &Drawn| (before.window, before.is_cut) == (drawn.window, drawn.is_cut);
        let since = self.facing.filter(|(_, before)| same(before)).map_or(taken.at, |(since, _)| since);
        self.facing = Some((since, drawn));
        Ok(None)
    }

    /// Draws a frame and hands it to the writer.
    fn put(&mut self) -> std::io::Result<Drawn> {
        let size = self.terminal.size()?;
        if (size.width, size.height) != self.state.screen.size {
            self.take(Event::Resize(size.width, size.height));
        }
        let theme = self.outside.themes.get(self.state.screen.themes.shown());
        let (state, theme) = (&self.state, &theme);
        #[cfg(debug_assertions)]
        panic_for_tests();
        let mut drawn = Drawn::default();
        let completed = self.terminal.draw(|frame| drawn = draw(frame, state, theme))?;
        let width = usize::from(completed.area.width);
        let cells = &completed.buffer.content;
        self.bottom = cells[cells.len().saturating_sub(2 * width)..].to_vec();
        self.draw_title()?;
        Ok(drawn)
    }

    /// True if there are symbols to ask the terminal about, and keys have been read for long enough.
    pub(crate) fn is_to_measure(&self) -> bool {
        self.outside.measuring.is_some() && Instant::now() >= self.next_ask
    }

    /// Asks the terminal for the widths of symbols, then reads keys again; `None` if it is time to leave.
    pub(crate) async fn measure(&mut self, keyboard: Keyboard) -> color_eyre::Result<Option<Keyboard>> {
        // Only one reader may use the terminal.
        let began = std::time::Instant::now();
        self.typed.extend(keyboard.pause().await);
        let symbols = self.outside.measuring.take().unwrap_or_default();
        let height = self.state.screen.size.1;
        let found = tokio::select! {
            biased;
            action = self.signals.next() => {
                if self.handle_signal(Some(action))? {
                    return Ok(None);
                }
                None
            }
            found = ask(symbols, height) => found,
        };
        self.next_ask = Instant::now() + REST;
        self.take(Event::Measured(found));
        // Leave if the terminal is gone.
        if self.put_back_bottom().is_err() {
            return Ok(None);
        }
        Keyboard::start(began).map(Some).wrap_err(Keyboard::UNREADABLE)
    }

    /// Redraws the last two rows, which the width queries overwrote.
    fn put_back_bottom(&mut self) -> std::io::Result<()> {
        let (width, height) = self.state.screen.size;
        let places = (height.saturating_sub(2)..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        self.terminal.backend_mut().draw(places.zip(&self.bottom).map(|((x, y), cell)| (x, y, cell)))?;
        self.terminal.backend_mut().flush()
    }

    /// Sets the window's title if it changed.
    fn draw_title(&mut self) -> std::io::Result<()> {
        let Some(before) = &mut self.title else { return Ok(()) };
        let snapshot = &self.state.snapshot;
        let tag = Visible::of(snapshot.identity.tag()).fit(40);
        let title = match snapshot.format {
            Some(_) if !snapshot.has_loop() => {
                let name = snapshot.identity.work_tree.rsplit('/').next().unwrap_or_default();
                format!("countersign {}", Visible::of(name).fit(40))
            }
            Some(_) => format!("countersign {tag}: {} waiting", self.state.inbox().len()),
            None => format!("countersign {tag}"),
        };
        if *before != title {
            terminal::set_title(&title)?;
            *before = title;
        }
        Ok(())
    }
}

/// Panics on request, for a test that a panic restores the terminal.
#[cfg(debug_assertions)]
fn panic_for_tests() {
    assert!(std::env::var_os("COUNTERSIGN_PANIC_ON_DRAW").is_none(), "asked to panic while drawing");
}
