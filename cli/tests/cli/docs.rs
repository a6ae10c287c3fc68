//! What the documents say is so: their links, commands, shown output and lists.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{run, status, stderr, stdout, workspace};

/// A document for users, and its text.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> = ["README.md", "SECURITY.md", "CHANGELOG.md", "fuzz/README.md"]
        .map(|name| workspace().join(name))
        .into();
    let found = fs::read_dir(workspace().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    paths.extend(found.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).unwrap()
}

/// A command in a block marked `console`, and the output that is shown below it.
#[derive(Debug, Default)]
struct Step {
    words: Vec<String>,
    output: Vec<String>,
}

/// The blocks marked `console`.
fn blocks(text: &str) -> Vec<Vec<Step>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != "```console" {
            continue;
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for line in lines.by_ref().take_while(|line| *line != "```") {
            let command = line.strip_prefix("$ ").or(goes_on.then_some(line));
            let Some(command) = command else {
                steps.last_mut().unwrap().output.push(line.to_owned());
                continue;
            };
            if !goes_on {
                steps.push(Step::default());
            }
            goes_on = command.ends_with('\\');
            let words = command.trim_end_matches('\\').split_whitespace().map(str::to_owned);
            steps.last_mut().unwrap().words.extend(words);
        }
        blocks.push(steps);
    }
    blocks
}

/// Commands in indented lines, with a remark behind two blanks.
fn indented(text: &str) -> Vec<Step> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = lines.filter(|line| line.starts_with("chaincheck "));
    let step = |line: &str| {
        let command = line.split("  ").next().unwrap();
        let words = command.split_whitespace().map(str::to_owned).collect();
        Step { words, output: Vec::new() }
    };
    commands.map(step).collect()
}

/// The arguments of a command, without what the shell does with its output.
fn arguments(step: &Step) -> Vec<String> {
    assert_eq!(step.words[0], "chaincheck", "{step:?}");
    let words = step.words.iter().skip(1).take_while(|word| !matches!(word.as_str(), ">" | "|"));
    words.cloned().collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for (path, text) in documents() {
        let folder = path.parent().unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.contains("://") {
                continue;
            }
            count += 1;
            let file = target.split('#').next().unwrap();
            assert!(folder.join(file).exists(), "{}: {target}", path.display());
        }
        let is_border = |c: char| c.is_whitespace() || "()[]`,;:".contains(c);
        let words = text.split(is_border).map(|word| word.trim_end_matches('.'));
        for word in words.filter(|word| word.starts_with("docs/") && word.ends_with(".md")) {
            assert!(workspace().join(word).exists(), "{}: {word}", path.display());
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn every_command_shown_is_understood() {
    // what would be wrong is found before --help is
    assert_eq!(status(&run(&["verify", "--no-such-option", "--help"])), 2);
    assert_eq!(status(&run(&["verify", "--profile", "windows-3.1", "--help"])), 2);
    let mut count = 0;
    for (path, text) in documents() {
        for step in blocks(&text).iter().flatten().chain(&indented(&text)) {
            let mut words = arguments(step);
            words.push("--help".to_owned());
            let output = run(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(status(&output), 0, "{}: {step:?}: {}", path.display(), stderr(&output));
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn what_is_shown_below_a_command_is_what_it_prints() {
    let mut count = 0;
    for (path, text) in documents() {
        for block in blocks(&text) {
            if block.iter().all(|step| step.output.is_empty()) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            for step in block {
                let printed = printed(&step, folder.path());
                if let Err(line) = fits(&step.output, &printed) {
                    panic!("{}: {:?} does not print {line:?}:\n{printed}", path.display(), step);
                }
                count += 1;
            }
        }
    }
    assert!(count >= 3, "{count}");
}

/// Runs a command in this folder, as if the project's test data lay there.
fn printed(step: &Step, folder: &Path) -> String {
    let data = workspace().join("testdata").to_str().unwrap().to_owned();
    let absolute = |word: String| match word.strip_prefix("testdata/") {
        Some(rest) => format!("{data}/{rest}"),
        None => word.replace("=testdata/", &format!("={data}/")),
    };
    let output = Command::new(env!("CARGO_BIN_EXE_chaincheck"))
        .args(arguments(step).into_iter().map(absolute))
        .env("CHAINCHECK_STATE", workspace().join("testdata/no-state"))
        .current_dir(folder)
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(2), "{step:?}: {}", stderr(&output));
    stdout(&output)
}

/// Whether the lines shown stand in what was printed, one below the other but for `...`; else the
/// line that does not.
fn fits<'a>(shown: &'a [String], printed: &str) -> Result<(), &'a str> {
    let mut rest = printed.lines();
    let mut gap = false;
    for line in shown {
        if line == "..." {
            gap = true;
            continue;
        }
        let found = match gap {
            true => rest.any(|printed| printed == line),
            false => rest.next() == Some(line),
        };
        if !found {
            return Err(line);
        }
        gap = false;
    }
    if gap || rest.next().is_none() { Ok(()) } else { Err("...") }
}

#[test]
fn the_guide_to_diagnoses_has_every_cause() {
    let guide = document("docs/diagnose.md");
    let list = stdout(&run(&["reproduce", "--list"]));
    let mut section = guide.split("\n## ").filter(|section| section.starts_with("The causes"));
    let mut expected = Vec::new();
    for line in list.lines() {
        let (name, meaning) = line.split_once(' ').unwrap();
        expected.push(format!("| `{name}` | {} |", meaning.trim()));
    }
    let rows = section.next().unwrap().lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

#[test]
fn the_list_of_formats_has_every_kind() {
    let formats = document("docs/formats.md");
    let code = document("engine/src/format/kind.rs");
    let names = code.split("impl fmt::Display for Kind").nth(1).unwrap();
    let mut count = 0;
    for line in names.lines().filter(|line| line.trim_start().starts_with("Self::")) {
        let Some(name) = line.split('"').nth(1) else { continue };
        let name = name.trim_end_matches(" {message}");
        assert!(formats.contains(&format!("| `{name}` ")), "{name}");
        count += 1;
    }
    assert!(count > 35, "{count}");
}
