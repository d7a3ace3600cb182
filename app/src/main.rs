//! The app's entry point in the browser.

fn main() {
    papo_app::run();
}
