//! Findings about the path of a changed file.

use super::super::Policy;
use super::super::imports::module_of;
use super::super::path::{odd_path, plain_path, refuse_path};
use super::super::text::Visible;
use crate::model::{FileChange, Finding, FindingKind, Severity};

pub(super) fn of_path(policy: &Policy, file: &FileChange, found: &mut Vec<Finding>) {
    let path = file.path.raw();
    let mut add = |severity, kind, message: &str| {
        found.push(Finding { severity, kind, path: Some(file.path.clone()), line: None, message: message.to_owned() });
    };
    if let Some(why) = refuse_path(path) {
        add(Severity::Critical, FindingKind::OddPath, &format!("this path {why}; it cannot be approved"));
    } else if let Some((severity, what)) = odd_path(path) {
        add(severity, FindingKind::OddPath, &format!("this path {what}"));
    }
    // The path on the least strict system: there `Train.PY.` is `train.py`.
    let plain = plain_path(path);
    if plain.rsplit('/').next() == Some("countersign.yaml") {
        add(Severity::Critical, FindingKind::PolicyTouched, "touches the policy itself");
    } else if let Some(what) = later_executed(&plain) {
        add(Severity::Critical, FindingKind::LaterExecuted, what);
    } else if policy.protects(path) || policy.protects(&plain) {
        add(Severity::Critical, FindingKind::Protected, "touches a file that the policy protects");
    } else if let Some(rule) = policy.shadowed(path) {
        let message = format!("would be imported in place of {}, which the policy protects", Visible::of(rule));
        add(Severity::Critical, FindingKind::Protected, &message);
    } else if is_evaluation(path) {
        add(Severity::Warning, FindingKind::EvaluationTouched, "touches evaluation or data: check what is measured");
    } else if !policy.allows(path) {
        add(Severity::Warning, FindingKind::NotEditable, "outside the files that the policy lets the agent edit");
    }
}

const AGENT_DIRS: &[&str] = &[
    ".claude",
    ".codex",
    ".cursor",
    ".gemini",
    ".vscode",
    ".devcontainer",
    ".idea",
    ".windsurf",
    ".continue",
    ".roo",
    ".kiro",
    ".zed",
    ".vim",
    ".fleet",
];
const AGENT_FILES: &[&str] = &[
    ".mcp.json",
    "agents.md",
    "claude.md",
    "gemini.md",
    "qwen.md",
    ".clinerules",
    ".cursorrules",
    ".windsurfrules",
    ".goosehints",
    ".vimrc",
    ".nvimrc",
    ".exrc",
    ".dir-locals.el",
];
const BUILD_DIRS: &[&str] = &[
    ".github",
    ".circleci",
    ".ci",
    ".husky",
    ".githooks",
    ".buildkite",
    ".woodpecker",
    ".gitlab",
    ".forgejo",
    ".gitea",
];
const BUILD_FILES: &[&str] = &[
    ".gitlab-ci.yml",
    "jenkinsfile",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    ".travis.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".appveyor.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "cloudbuild.yaml",
    "lefthook.yml",
];
/// File names in lower case.
const RUN_FILES: &[&str] = &[
    // Shells, and files that they source.
    ".envrc",
    ".env",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".inputrc",
    ".tmux.conf",
    ".screenrc",
    ".direnvrc",
    // Python.
    "conftest.py",
    "setup.py",
    "setup.cfg",
    "sitecustomize.py",
    "usercustomize.py",
    "pyproject.toml",
    "pytest.ini",
    "noxfile.py",
    "tox.ini",
    "pipfile",
    "pyvenv.cfg",
    "environment.yml",
    "environment.yaml",
    "conda.yaml",
    "constraints.txt",
    ".pylintrc",
    ".coveragerc",
    ".pdbrc",
    ".pypirc",
    "pip.conf",
    "uv.lock",
    "uv.toml",
    "ipython_config.py",
    "jupyter_notebook_config.py",
    "jupyter_server_config.py",
    "manage.py",
    "fabfile.py",
    "tasks.py",
    // Builds.
    "makefile",
    "gnumakefile",
    "bsdmakefile",
    "kbuild",
    "justfile",
    ".justfile",
    "taskfile.yml",
    "taskfile.yaml",
    "cmakelists.txt",
    "meson.build",
    "sconstruct",
    "sconscript",
    "snakefile",
    "rakefile",
    "gemfile",
    "gruntfile.js",
    "gulpfile.js",
    "build.rs",
    "build.gradle",
    "build.gradle.kts",
    "pom.xml",
    "build.xml",
    "workspace",
    "build.bazel",
    "procfile",
    "dockerfile",
    "containerfile",
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yml",
    "compose.yaml",
    "vagrantfile",
    "flake.nix",
    "shell.nix",
    "default.nix",
    // Git, and debuggers.
    ".gitattributes",
    ".gitmodules",
    ".gitconfig",
    ".mailmap",
    ".lfsconfig",
    ".gdbinit",
    ".lldbinit",
    ".rprofile",
    // JavaScript.
    "package.json",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "bunfig.toml",
];

/// Returns why a file is dangerous beyond this change: other programs will run or load it.
fn later_executed(plain: &str) -> Option<&'static str> {
    let parts: Vec<&str> = plain.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let in_dir = |dirs: &[&str]| parts.iter().any(|part| dirs.contains(part));
    let ending = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if in_dir(AGENT_DIRS) || AGENT_FILES.contains(&name) || name.starts_with(".aider") {
        Some("configures an agent or editor: it will act on this")
    } else if in_dir(BUILD_DIRS) || BUILD_FILES.contains(&name) {
        Some("runs in continuous integration or as a hook")
    } else if in_dir(&["node_modules"])
        || ["pyvenv.cfg", "python._pth"].contains(&name)
        || module_of(plain)
            .is_some_and(|module| ["sitecustomize", "usercustomize", "conftest"].contains(&&*module.name))
    {
        Some("shadows a module of Python or Node, or is run by them automatically")
    } else if RUN_FILES.contains(&name)
        || ending(&[".mk", ".gyp", ".gemspec"])
        || name.starts_with("requirements") && name.ends_with(".txt")
        || name.starts_with("dockerfile.")
        || in_dir(&["__pycache__"])
    {
        Some("is run or obeyed by other programs later")
    } else if name.ends_with(".pth") && !in_dir(&["checkpoints", "weights", "models"]) {
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

/// True for names that suggest evaluation, metrics or data.
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
