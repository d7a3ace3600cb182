//! How often the page is rendered while frames arrive. Decides only; the driver counts the frames of the page.

/// More frames of the socket than this within a frame of the page are a burst.
const BURST: u32 = 30;

/// How many frames of the page may pass without a rendering during a burst: a fifth of a second.
const MOST_SKIPPED: u32 = 12;

/// Events since the last rendering.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How many frames of the socket arrived since the last frame of the page.
    received: u32,
    /// How many frames of the page have passed without a rendering.
    skipped: u32,
}

impl Pace {
    /// A frame of the socket has arrived.
    pub(super) fn receive(&mut self) {
        self.received += 1;
    }

    /// Whether to render in this frame of the page. While more messages arrive than fit the page, most renderings would be
    /// overwritten by the next one.
    pub(super) fn renders(&mut self) -> bool {
        let received = std::mem::take(&mut self.received);
        let skips = received > BURST && self.skipped < MOST_SKIPPED;
        self.skipped = if skips { self.skipped + 1 } else { 0 };
        !skips
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each of `frames` frames of the page renders while `received` frames of the socket arrive in each.
    fn renderings(frames: usize, received: u32) -> Vec<bool> {
        let mut pace = Pace::default();
        let frame = || {
            (0..received).for_each(|_| pace.receive());
            pace.renders()
        };
        std::iter::repeat_with(frame).take(frames).collect()
    }

    #[test]
    fn a_few_messages_are_rendered_in_the_next_frame() {
        assert_eq!(renderings(3, BURST), [true; 3]);
    }

    #[test]
    fn a_burst_is_rendered_five_times_a_second() {
        let rendered = renderings(26, BURST + 1);
        let skipped = [false; 12];
        assert_eq!(
            rendered,
            [&skipped[..], &[true], &skipped[..], &[true]].concat()
        );
    }

    #[test]
    fn the_end_of_a_burst_is_rendered_at_once() {
        let mut pace = Pace::default();
        (0..=BURST).for_each(|_| pace.receive());
        assert!(!pace.renders());
        pace.receive();
        assert!(pace.renders());
    }
}
