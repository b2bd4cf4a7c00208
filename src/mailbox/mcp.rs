//! The mailbox as an MCP server over standard input and output. It uses the same calls and files as the commands: a
//! proposal sent through one can be answered through any.
//!
//! The server keeps no state but the token. A task is a proposal with the same id, and its state is in the mailbox: a
//! restarted server continues where the last one stopped.

use std::path::PathBuf;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, ContentBlock, CreateTaskResult,
    DetailedTask, GetTaskParams, GetTaskResult, Implementation, JsonObject, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig, Task, TaskPayload, TaskStatus, Tool,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use serde::Deserialize;
use serde_json::{Value, json};

use super::compose::{ProposalDraft, ProposedChange, propose};
use super::{Reply, log_metrics, new_token, read_status, take_notes, wait};
use crate::model::{Asker, Evidence, Gate, ProposalId};

/// A waiting call returns after this time at the latest: clients give up soon after.
const LONGEST_WAIT_S: f64 = 50.0;
/// Suggested polling interval for a client that watches a task, in milliseconds.
const POLL_MS: u64 = 1000;

/// Serves until standard input ends. `dir` is the directory of the change, `run` that of the mailbox. `token` is the
/// agent's; if empty, the server creates one that lasts as long as it runs.
pub async fn serve(dir: PathBuf, run: PathBuf, token: String) -> std::io::Result<()> {
    let token = if token.is_empty() { new_token()? } else { token };
    let server = Server { dir, run, token };
    let running = match server.serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        // A client that disconnects before its first message is not an error.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(std::io::Error::other(error)),
    };
    running.waiting().await.map(drop).map_err(std::io::Error::other)
}

#[derive(Clone)]
struct Server {
    dir: PathBuf,
    run: PathBuf,
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProposeArguments {
    title: String,
    #[serde(default)]
    rationale: String,
    #[serde(default)]
    gate: Gate,
    base: Option<String>,
    head: Option<String>,
    patch: Option<String>,
    #[serde(default)]
    worktree: bool,
    #[serde(default)]
    evidence: Vec<Evidence>,
    supersedes: Option<ProposalId>,
    #[serde(default)]
    idempotency_key: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    session: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AwaitArguments {
    id: ProposalId,
    max_wait_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedbackArguments {
    id: Option<ProposalId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricsArguments {
    metrics: serde_json::Map<String, Value>,
    step: Option<u64>,
    #[serde(default)]
    trial: String,
}

/// The result of a tool: JSON, or a message for the caller.
type ToolResult = Result<Value, String>;

impl Server {
    fn propose(&self, arguments: ProposeArguments, client: &str) -> ToolResult {
        let change = match (arguments.head, arguments.patch, arguments.worktree) {
            (Some(head), None, false) => ProposedChange::Head(head),
            (None, Some(patch), false) => ProposedChange::Patch(patch.into_bytes()),
            (None, None, true) => ProposedChange::WorkTree,
            (None, None, false) => ProposedChange::Head("HEAD".to_owned()),
            _ => return Err("use only one of head, patch and worktree".to_owned()),
        };
        let request = ProposalDraft {
            base: arguments.base,
            change,
            title: arguments.title,
            rationale: arguments.rationale,
            gate: arguments.gate,
            evidence: arguments.evidence,
            supersedes: arguments.supersedes,
            key: arguments.idempotency_key,
            agent: Asker {
                name: client.into(),
                model: arguments.model.as_str().into(),
                session: arguments.session.as_str().into(),
            },
            token: self.token.clone(),
        };
        let put = propose(&self.dir, &self.run, &request).map_err(|error| error.to_string())?;
        Ok(super::status_of(&self.run, &put.id))
    }

    fn reply(&self, id: &ProposalId, timeout: Duration) -> ToolResult {
        let reply = if timeout.is_zero() { read_status(&self.run, id) } else { wait(&self.run, id, timeout) };
        match reply.map_err(|error| error.to_string())? {
            Reply::Answered(answer) => Ok(answer),
            Reply::Pending(pending) => Ok(pending),
            Reply::Rejected(error) => Err(error.to_string()),
            Reply::Unknown => Err(format!("no proposal {id}")),
        }
    }

    fn feedback(&self, arguments: FeedbackArguments) -> ToolResult {
        let notes = take_notes(&self.run).map_err(|error| error.to_string())?;
        let about = arguments.id.map(|id| self.reply(&id, Duration::ZERO)).transpose()?;
        Ok(json!({"notes": notes, "proposal": about}))
    }

    fn log(&self, arguments: &MetricsArguments) -> ToolResult {
        let count = log_metrics(&self.run, &arguments.trial, arguments.step, &arguments.metrics)
            .map_err(|error| error.to_string())?;
        Ok(json!({"logged": count}))
    }
}

/// Returns the task of a proposal.
fn task(id: &ProposalId, reply: &Reply) -> Result<DetailedTask, ErrorData> {
    let now = crate::disk::timestamp_now().to_string();
    let taken = match reply {
        Reply::Pending(pending) => pending.get("taken").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let task = Task::new(id.as_str(), TaskStatus::Working, taken.unwrap_or_else(|| now.clone()), now)
        .with_poll_interval_ms(POLL_MS);
    let payload = match reply {
        Reply::Answered(answer) => TaskPayload::Completed { result: as_object(&result(Ok(answer.clone())))? },
        Reply::Rejected(error) => TaskPayload::Completed { result: as_object(&result(Err(error.to_string())))? },
        Reply::Pending(_) => TaskPayload::Working,
        Reply::Unknown => return Err(ErrorData::invalid_params("no such task", None)),
    };
    Ok(DetailedTask::new(task, payload))
}

fn as_object(result: &CallToolResult) -> Result<JsonObject, ErrorData> {
    match serde_json::to_value(result) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(ErrorData::internal_error("the answer cannot be serialised", None)),
    }
}

/// Returns a tool's result as text and as structured content.
fn result(outcome: ToolResult) -> CallToolResult {
    match outcome {
        Ok(value) => {
            let mut result = CallToolResult::success(vec![ContentBlock::text(value.to_string())]);
            result.structured_content = Some(value);
            result
        }
        Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
    }
}

fn arguments<T: for<'de> Deserialize<'de>>(given: Option<JsonObject>) -> Result<T, String> {
    serde_json::from_value(Value::Object(given.unwrap_or_default())).map_err(|error| error.to_string())
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tasks().build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = Implementation::new("countersign", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(INSTRUCTIONS.to_owned());
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let client = context.peer.peer_info().map(|info| info.client_info.name.clone()).unwrap_or_default();
        let server = self.clone();
        let has_tasks = context.client_capabilities().is_some_and(|client| client.supports_tasks());
        if request.name == "await_decision"
            && has_tasks
            && let Ok(asked) = arguments::<AwaitArguments>(request.arguments.clone())
            && let Ok(reply @ Reply::Pending(_)) = read_status(&self.run, &asked.id)
        {
            return Ok(CallToolResponse::Task(CreateTaskResult::new(task(&asked.id, &reply)?.task)));
        }
        // Reading and waiting for files must not block the thread that serves the client.
        let outcome = tokio::task::spawn_blocking(move || {
            let given = request.arguments;
            match &*request.name {
                "propose_change" => server.propose(arguments(given)?, &client),
                "await_decision" => {
                    let asked: AwaitArguments = arguments(given)?;
                    let most = asked.max_wait_s.unwrap_or(LONGEST_WAIT_S);
                    if !(0.0..=LONGEST_WAIT_S).contains(&most) {
                        return Err(format!(
                            "max_wait_s must be between 0 and {LONGEST_WAIT_S}; pending means: call again"
                        ));
                    }
                    server.reply(&asked.id, Duration::from_secs_f64(most))
                }
                "get_feedback" => server.feedback(arguments(given)?),
                "log_metrics" => server.log(&arguments(given)?),
                other => Err(format!("unknown tool `{other}`")),
            }
        });
        let outcome = outcome.await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(result(outcome).into())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let id = request.task_id.parse().map_err(|_| ErrorData::invalid_params("no such task", None))?;
        let reply = read_status(&self.run, &id).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(GetTaskResult::new(task(&id, &reply)?))
    }

    async fn cancel_task(&self, _: CancelTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        // The client stops waiting; the proposal stays pending for a person.
        Ok(())
    }
}

const INSTRUCTIONS: &str = "A person decides on changes to this loop. Propose a change with propose_change, then \
call await_decision until it is no longer pending. Only the decision `approved` means that you may continue with it (at the run gate: train it). Anything else, including unknown values, means not approved.";

fn tools() -> Vec<Tool> {
    let tool = |name: &'static str, description: &'static str, schema: Value| {
        let schema = match schema {
            Value::Object(object) => object,
            _ => JsonObject::default(),
        };
        Tool::new(name, description, schema)
    };
    vec![
        tool(
            "propose_change",
            "Propose a change for a person's decision: a commit (head), a patch, or the current work tree. Returns the id to wait for.",
            json!({"type": "object", "additionalProperties": false, "required": ["title"], "properties": {
                "title": {"type": "string", "description": "one-line summary of the change"},
                "rationale": {"type": "string", "description": "why it should help and what it risks"},
                "gate": {"type": "string", "enum": ["run", "keep"], "description": "run: before training; keep: before it becomes a commit (the default)"},
                "base": {"type": "string", "description": "commit before the change; default: the approved branch, or the parent"},
                "head": {"type": "string", "description": "commit after the change; default: HEAD"},
                "patch": {"type": "string", "description": "a unified diff against the base, instead of head"},
                "worktree": {"type": "boolean", "description": "the edits in the work tree, instead of head"},
                "evidence": {"type": "array", "items": {"type": "object", "required": ["metric"], "properties": {
                    "metric": {"type": "string"}, "before": {"type": ["number", "null"]}, "after": {"type": ["number", "null"]}}}},
                "supersedes": {"type": ["string", "null"], "description": "id of the earlier proposal that this one replaces"},
                "idempotency_key": {"type": "string", "description": "the same key and proposal return the same id"},
                "model": {"type": "string"}, "session": {"type": "string"}}}),
        ),
        tool(
            "await_decision",
            "Wait for the decision on a proposal, up to max_wait_s seconds. `status: pending` means: call again.",
            json!({"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
                "id": {"type": "string"}, "max_wait_s": {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT_S}}}),
        ),
        tool(
            "get_feedback",
            "Notes from the person to you, each returned once; with an id, also the decision, comments and questions on that proposal.",
            json!({"type": "object", "additionalProperties": false, "properties": {"id": {"type": "string"}}}),
        ),
        tool(
            "log_metrics",
            "Log metrics of the running trial for the person's curves. A new trial name starts a new curve.",
            json!({"type": "object", "additionalProperties": false, "required": ["metrics"], "properties": {
                "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
                "step": {"type": "integer", "minimum": 0}, "trial": {"type": "string"}}}),
        ),
    ]
}
