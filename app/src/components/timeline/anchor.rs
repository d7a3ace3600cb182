//! Holds the reader's place: the bottom of the first visible message keeps its distance from the top of the scroller,
//! whatever is added, removed or resized around it. The bottom, because the line with the author above a message goes away
//! when an earlier message of the same author is loaded. Browsers' own scroll anchoring is off, since not all of them have
//! it and none has it at the very top.

use web_sys::Element;

use crate::browser::document;

/// The prefix of the `id` of a message's element.
pub(super) const ID: &str = "m-";

/// A message and the distance of its bottom from the top of the scroller, in CSS pixels.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    id: String,
    distance: f64,
}

impl Anchor {
    /// Finds the first message in `rows` that is visible in `scroller`.
    pub(super) fn find(scroller: &Element, rows: &Element) -> Option<Self> {
        let top = scroller.get_bounding_client_rect().top();
        let children = rows.children();
        let bottom_of = |index: u32| {
            let child = children.item(index)?;
            Some(child.get_bounding_client_rect().bottom())
        };
        let (mut low, mut high) = (0, children.length());
        while low < high {
            let middle = low + (high - low) / 2;
            if bottom_of(middle)? <= top {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..children.length())
            .filter_map(|index| children.item(index))
            .find(|child| child.id().starts_with(ID))
            .map(|child| Self {
                id: child.id(),
                distance: child.get_bounding_client_rect().bottom() - top,
            })
    }

    /// Scrolls so that the message is where it was. Returns whether it is still in the page.
    pub(super) fn restore(&self, scroller: &Element) -> bool {
        let Some(message) = document().get_element_by_id(&self.id) else {
            return false;
        };
        let top = scroller.get_bounding_client_rect().top();
        let moved = message.get_bounding_client_rect().bottom() - top - self.distance;
        if moved.abs() >= 0.5 {
            scroller.scroll_by_with_x_and_y(0.0, moved);
        }
        true
    }
}
