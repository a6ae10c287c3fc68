//! Pages in a real browser, at the width of a phone, a tablet and a desk. Skipped without one,
//! unless CHAINCHECK_REQUIRE_BROWSER=1.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::page;
use crate::commands::diagnose::samples;

const WIDTHS: [u32; 3] = [360, 768, 1280];
const PATIENCE: Duration = Duration::from_secs(120);
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Measures each frame: what reaches over its right edge without scrolling inside, and what could
/// act.
const MEASURE: &str = r##"<script>
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, width = page.documentElement.clientWidth;
    const over = [...page.querySelectorAll("body *")].filter(node =>
      !node.closest(".scroll > *") && node.getBoundingClientRect().right > width + 0.5);
    return {
      name: frame.title, width, wanted: frame.clientWidth,
      scroll: page.documentElement.scrollWidth,
      over: over.slice(0, 5).map(node => `${node.tagName} ${node.textContent.slice(0, 60)}`),
      active: page.querySelectorAll("script, img, iframe, object, [onload], [onerror]").length,
      styled: getComputedStyle(page.querySelector("main")).maxWidth,
    };
  });
  document.body.textContent = "RESULT" + JSON.stringify(found) + "END";
});
</script>"##;

fn browser() -> Option<String> {
    let named = std::env::var("CHAINCHECK_BROWSER").ok();
    let found = named.into_iter().chain(BROWSERS.map(str::to_owned)).find(|name| {
        let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    });
    let required = std::env::var("CHAINCHECK_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
    assert!(found.is_some() || !required, "a browser is required");
    found
}

/// A page with every sample in frames of every width.
fn harness() -> String {
    let mut frames = String::new();
    for (name, document) in samples::all() {
        let html = page(document);
        for width in WIDTHS {
            let source = html.replace('&', "&amp;").replace('"', "&quot;");
            frames.push_str(&format!(
                "<iframe title=\"{name} {width}\" srcdoc=\"{source}\" \
                 style=\"border:0;height:900px;width:{width}px\"></iframe>"
            ));
        }
    }
    format!("<!DOCTYPE html><title>harness</title><body>{frames}</body>{MEASURE}")
}

fn load(browser: &str, folder: &Path) -> (String, String) {
    let address = format!("file://{}", folder.join("harness.html").display());
    let (dom, log) = (folder.join("dom"), folder.join("log"));
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--window-size=1400,1000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(address)
        .stdout(File::create(&dom).unwrap())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser does not end: {}", fs::read_to_string(&log).unwrap());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    (fs::read_to_string(dom).unwrap(), fs::read_to_string(log).unwrap())
}

#[test]
fn pages_fit_every_width_and_act_in_nothing() {
    let Some(browser) = browser() else {
        println!("skipped: no browser (CHAINCHECK_BROWSER names one)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("harness.html"), harness()).unwrap();
    let (dom, log) = load(&browser, folder.path());
    let result = dom.split_once("RESULT").and_then(|(_, rest)| rest.split_once("END"));
    let (result, _) = result.unwrap_or_else(|| panic!("no result: {log}"));
    let result = result.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let frames: Vec<Value> = serde_json::from_str(&result).unwrap();
    assert_eq!(frames.len(), samples::all().len() * WIDTHS.len());
    for frame in &frames {
        let number = |key: &str| frame[key].as_u64().unwrap();
        assert!(number("scroll") <= number("wanted"), "{frame}");
        assert_eq!(frame["over"], serde_json::json!([]), "{frame}");
        assert_eq!(number("active"), 0, "{frame}");
        // the page's own style is in force: its policy allows it
        assert_eq!(frame["styled"], "1024px", "{frame}");
    }
    let complaints: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
