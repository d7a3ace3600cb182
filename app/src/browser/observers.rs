//! Observers of elements. They stop when they are dropped.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Element, IntersectionObserver, IntersectionObserverEntry, MutationObserver, ResizeObserver,
};
use yew::NodeRef;

use super::options;

/// Reports when one of several elements changes its content or its size: before the page is painted, and changed content at
/// once, before anything else happens in the page. An effect of Yew may run later, after the page was painted and scrolled.
#[derive(Debug)]
#[must_use = "an observer stops when it is dropped"]
pub struct LayoutObserver {
    content: Option<MutationObserver>,
    size: Option<ResizeObserver>,
    _changed: Closure<dyn FnMut()>,
}

impl LayoutObserver {
    /// Observes the elements.
    pub fn new(elements: &[&Element], changed: Box<dyn FnMut()>) -> Self {
        let changed = Closure::wrap(changed);
        let callback = changed.as_ref().unchecked_ref();
        let content = MutationObserver::new(callback).ok();
        let size = ResizeObserver::new(callback).ok();
        let options = options(&[("childList", true.into()), ("subtree", true.into())]);
        for element in elements {
            if let Some(content) = &content {
                // It fails only for options that observe nothing.
                let _ = content.observe_with_options(element, options.unchecked_ref());
            }
            if let Some(size) = &size {
                size.observe(element);
            }
        }
        Self {
            content,
            size,
            _changed: changed,
        }
    }
}

impl Drop for LayoutObserver {
    fn drop(&mut self) {
        if let Some(content) = &self.content {
            content.disconnect();
        }
        if let Some(size) = &self.size {
            size.disconnect();
        }
    }
}

/// Reports when an element comes near the visible part of a scroller, once at the start if it is near already.
#[derive(Debug)]
#[must_use = "an observer stops when it is dropped"]
pub struct NearObserver {
    observer: Option<IntersectionObserver>,
    _near: Closure<dyn FnMut(js_sys::Array)>,
}

impl NearObserver {
    /// Observes `node` within `scroller`. `margin` is how near counts, as in CSS.
    pub fn new(
        scroller: &NodeRef,
        node: &NodeRef,
        margin: &str,
        near: impl Fn() + 'static,
    ) -> Self {
        let near = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let is_near = entries.iter().any(|entry| {
                entry
                    .unchecked_into::<IntersectionObserverEntry>()
                    .is_intersecting()
            });
            if is_near {
                near();
            }
        });
        let root = scroller.get().into();
        let options = options(&[("root", root), ("rootMargin", margin.into())]);
        let observer = IntersectionObserver::new_with_options(
            near.as_ref().unchecked_ref(),
            options.unchecked_ref(),
        )
        .ok();
        if let (Some(observer), Some(element)) = (&observer, node.cast::<Element>()) {
            observer.observe(&element);
        }
        Self {
            observer,
            _near: near,
        }
    }
}

impl Drop for NearObserver {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
