//! How often the page is rendered while frames arrive. Decides only; the driver counts the frames of the page.
//!
//! A single message is rendered at once, so that the next frame of the page shows it. Those that follow wait for that frame.

/// More frames of the socket than this within a frame of the page are a burst.
const BURST: u32 = 30;

/// How many frames of the page may pass without a rendering during a burst: a fifth of a second.
const MOST_SKIPPED: u32 = 12;

/// What a frame of the page is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing has arrived: what comes next is rendered at once.
    Rest,
    /// What has arrived is rendered, and what comes next waits for the next frame.
    Render,
    /// What has arrived waits for the next frame.
    Skip,
}

/// Events since the last rendering.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How many frames of the socket arrived since the last frame of the page.
    received: u32,
    /// How many frames of the page have passed without a rendering.
    skipped: u32,
}

impl Pace {
    /// A frame of the socket has arrived, and waits.
    pub(super) fn receive(&mut self) {
        self.received += 1;
    }

    /// A frame of the page has come. While more messages arrive than fit the page, most renderings would be overwritten by the next one.
    pub(super) fn on_frame(&mut self) -> Step {
        let received = std::mem::take(&mut self.received);
        if received > BURST && self.skipped < MOST_SKIPPED {
            self.skipped += 1;
            return Step::Skip;
        }
        let is_pending = received > 0 || self.skipped > 0;
        self.skipped = 0;
        if is_pending { Step::Render } else { Step::Rest }
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{Render, Rest, Skip};
    use super::*;

    /// What `frames` frames of the page are used for while `received` frames of the socket arrive in each.
    fn steps(frames: usize, received: u32) -> Vec<Step> {
        let mut pace = Pace::default();
        let frame = || {
            (0..received).for_each(|_| pace.receive());
            pace.on_frame()
        };
        std::iter::repeat_with(frame).take(frames).collect()
    }

    #[test]
    fn without_messages_frames_pass() {
        assert_eq!(steps(2, 0), [Rest; 2]);
    }

    #[test]
    fn a_few_messages_are_rendered_in_the_next_frame() {
        assert_eq!(steps(3, BURST), [Render; 3]);
    }

    #[test]
    fn a_burst_is_rendered_five_times_a_second() {
        let skipped = [Skip; 12];
        assert_eq!(
            steps(26, BURST + 1),
            [&skipped[..], &[Render], &skipped[..], &[Render]].concat()
        );
    }

    #[test]
    fn the_end_of_a_burst_is_rendered_at_once() {
        for last in [0, 1] {
            let mut pace = Pace::default();
            (0..=BURST).for_each(|_| pace.receive());
            assert_eq!(pace.on_frame(), Skip);
            (0..last).for_each(|_| pace.receive());
            assert_eq!(pace.on_frame(), Render);
            assert_eq!(pace.on_frame(), Rest);
        }
    }
}
