//! What a path alone says of a change.

use super::super::Policy;
use super::super::imports::module_of;
use super::super::path::refuse_path;
use super::super::text::{Visible, is_hidden, mixes_scripts};
use crate::model::{FileChange, Finding, FindingKind, Severity};

pub(super) fn of_path(policy: &Policy, file: &FileChange, found: &mut Vec<Finding>) {
    let path = file.path.raw();
    let mut add = |severity, kind, message: &str| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: None, message: message.to_owned() });
    };
    if let Some(why) = refuse_path(path) {
        add(Severity::Critical, FindingKind::OddPath, &format!("this path {why}; it cannot be approved"));
    } else if !path.is_ascii() && (path.chars().any(is_hidden) || mixes_scripts(path)) {
        add(
            Severity::Critical,
            FindingKind::OddPath,
            "this path holds characters that look like others or like nothing",
        );
    }
    if path.rsplit('/').next() == Some("countersign.yaml") {
        add(Severity::Critical, FindingKind::PolicyTouched, "touches the policy itself");
    } else if let Some(what) = later_executed(path) {
        add(Severity::Critical, FindingKind::LaterExecuted, what);
    } else if policy.protects(path) {
        add(Severity::Critical, FindingKind::Protected, "touches a file that the policy protects");
    } else if let Some(rule) = policy.shadowed(path) {
        let message =
            format!("takes the place of {} where it is imported, which the policy protects", Visible::of(rule));
        add(Severity::Critical, FindingKind::Protected, &message);
    } else if is_evaluation(path) {
        add(Severity::Warning, FindingKind::EvaluationTouched, "touches evaluation or data: look at what is measured");
    } else if !policy.allows(path) {
        add(Severity::Warning, FindingKind::NotEditable, "outside the files that the policy lets the agent edit");
    }
}

/// Why a file is dangerous beyond this change: other programs will run or load it.
fn later_executed(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let in_folder = |folders: &[&str]| parts.iter().any(|part| folders.contains(part));
    let ending = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if in_folder(&[".claude", ".codex", ".cursor", ".gemini", ".vscode", ".devcontainer"])
        || [".mcp.json", "agents.md", "claude.md", ".aider.conf.yml"].contains(&name)
    {
        Some("configures an agent or editor: it will act on this")
    } else if in_folder(&[".github", ".circleci", ".ci", ".husky"])
        || [".gitlab-ci.yml", "jenkinsfile", ".pre-commit-config.yaml", ".travis.yml"].contains(&name)
    {
        Some("runs in continuous integration or as a hook")
    } else if in_folder(&["node_modules"])
        || ["pyvenv.cfg", "python._pth"].contains(&name)
        || module_of(path).is_some_and(|module| ["sitecustomize", "usercustomize", "conftest"].contains(&&*module.name))
    {
        Some("is found by Python or Node before what is meant, or run by them unasked")
    } else if [
        ".envrc",
        "conftest.py",
        "setup.py",
        "sitecustomize.py",
        "usercustomize.py",
        "makefile",
        ".gitattributes",
        ".gitmodules",
        ".lfsconfig",
        ".bashrc",
        ".profile",
        "pyproject.toml",
        "requirements.txt",
        "environment.yml",
        "package.json",
        ".npmrc",
        "dockerfile",
        "noxfile.py",
        "tox.ini",
    ]
    .contains(&name)
    {
        Some("is run or obeyed by other programs later")
    } else if name.ends_with(".pth") && !in_folder(&["checkpoints", "weights", "models"]) {
        Some("is loaded by programs, or run by Python at its start")
    } else if ending(&[
        ".pkl",
        ".pickle",
        ".pt",
        ".pth",
        ".ckpt",
        ".joblib",
        ".npy",
        ".npz",
        ".safetensors",
        ".so",
        ".pyc",
        ".pth.tar",
    ]) {
        Some("is loaded by programs and cannot be read here")
    } else {
        None
    }
}

/// True for names that speak of evaluation, metrics or data.
fn is_evaluation(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        matches!(
            word,
            "eval"
                | "evaluate"
                | "evaluation"
                | "evaluator"
                | "metric"
                | "metrics"
                | "scorer"
                | "benchmark"
                | "data"
                | "dataset"
                | "datasets"
                | "prepare"
                | "tokenizer"
        )
    })
}
