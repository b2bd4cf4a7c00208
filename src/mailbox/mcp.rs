//! The door for clients that speak MCP, over standard input and output. The same calls and the same
//! files as the commands: what is asked through one is answered through any.
//!
//! No state is kept here but the token. A task is a proposal, by its own name, and its state is that of the door: a
//! server that was restarted goes on where another one ended.

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

use super::compose::{ProposalDraft, What, propose};
use super::{Reply, log_metrics, look, new_token, take_notes, wait};
use crate::model::{Asker, Evidence, Gate, ProposalId};

/// A call that waits answers after this long at the latest: clients give up soon after.
const LONGEST_WAIT_S: f64 = 50.0;
/// How often a client that watches a task should look, in milliseconds.
const POLL_MS: u64 = 1000;

/// Serves until standard input ends. `dir` is where the change is, `run` where the door is.
/// `token` is the agent's; where it is empty the server makes one of its own, for as long as it runs.
pub async fn serve(dir: PathBuf, run: PathBuf, token: String) -> std::io::Result<()> {
    let token = if token.is_empty() { new_token()? } else { token };
    let server = Server { dir, run, token };
    let running = match server.serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        // A client that leaves before it says anything is no error of ours.
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

/// What went wrong with a tool, for its caller to read.
type ToolError = Result<Value, String>;

impl Server {
    fn propose(&self, arguments: ProposeArguments, client: &str) -> ToolError {
        let what = match (arguments.head, arguments.patch, arguments.worktree) {
            (Some(head), None, false) => What::Head(head),
            (None, Some(patch), false) => What::Patch(patch.into_bytes()),
            (None, None, true) => What::WorkTree,
            (None, None, false) => What::Head("HEAD".to_owned()),
            _ => return Err("say one of head, patch and worktree".to_owned()),
        };
        let request = ProposalDraft {
            base: arguments.base,
            what,
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

    fn reply(&self, id: &ProposalId, timeout: Duration) -> ToolError {
        let reply = if timeout.is_zero() { look(&self.run, id) } else { wait(&self.run, id, timeout) };
        match reply.map_err(|error| error.to_string())? {
            Reply::Answered(answer) => Ok(answer),
            Reply::Pending(pending) => Ok(pending),
            Reply::Rejected(error) => Err(error.to_string()),
            Reply::Unknown => Err(format!("no proposal was put in under the name {id}")),
        }
    }

    fn feedback(&self, arguments: FeedbackArguments) -> ToolError {
        let notes = take_notes(&self.run).map_err(|error| error.to_string())?;
        let about = arguments.id.map(|id| self.reply(&id, Duration::ZERO)).transpose()?;
        Ok(json!({"notes": notes, "proposal": about}))
    }

    fn log(&self, arguments: &MetricsArguments) -> ToolError {
        let count = log_metrics(&self.run, &arguments.trial, arguments.step, &arguments.metrics)?;
        Ok(json!({"logged": count}))
    }
}

/// The task that stands for a proposal.
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
        _ => Err(ErrorData::internal_error("the answer cannot be told", None)),
    }
}

/// What a tool said, as text and, where it is an object, as such.
fn result(said: ToolError) -> CallToolResult {
    match said {
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
            && let Ok(reply @ Reply::Pending(_)) = look(&self.run, &asked.id)
        {
            return Ok(CallToolResponse::Task(CreateTaskResult::new(task(&asked.id, &reply)?.task)));
        }
        // Files are read and waited for: not on the thread that speaks to the client.
        let said = tokio::task::spawn_blocking(move || {
            let given = request.arguments;
            match &*request.name {
                "propose_change" => server.propose(arguments(given)?, &client),
                "await_decision" => {
                    let asked: AwaitArguments = arguments(given)?;
                    let most = asked.max_wait_s.unwrap_or(LONGEST_WAIT_S);
                    if !(0.0..=LONGEST_WAIT_S).contains(&most) {
                        return Err(format!("max_wait_s is between 0 and {LONGEST_WAIT_S}: pending means call again"));
                    }
                    server.reply(&asked.id, Duration::from_secs_f64(most))
                }
                "get_feedback" => server.feedback(arguments(given)?),
                "log_metrics" => server.log(&arguments(given)?),
                other => Err(format!("there is no tool `{other}`")),
            }
        });
        let said = said.await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(result(said).into())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let id = request.task_id.parse().map_err(|_| ErrorData::invalid_params("no such task", None))?;
        let reply = look(&self.run, &id).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(GetTaskResult::new(task(&id, &reply)?))
    }

    async fn cancel_task(&self, _: CancelTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        // Nobody waits any more; the proposal itself still does, for a person.
        Ok(())
    }
}

const INSTRUCTIONS: &str = "A person decides about changes to this loop. Propose a change with propose_change, then \
call await_decision until it is no longer pending. Only the decision `approved` means that you may go on with it; \
at the run gate that you may train it. Anything else, also what you do not know, means not approved.";

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
            "Ask a person for a decision about a change: a commit (head), a patch, or the work tree as it is. Returns the id to wait for.",
            json!({"type": "object", "additionalProperties": false, "required": ["title"], "properties": {
                "title": {"type": "string", "description": "what changes, in a line"},
                "rationale": {"type": "string", "description": "why it should help, and what it risks"},
                "gate": {"type": "string", "enum": ["run", "keep"], "description": "run: before it is trained; keep: before it becomes a commit (the default)"},
                "base": {"type": "string", "description": "commit before the change; default: the approved branch, or the parent"},
                "head": {"type": "string", "description": "commit after the change; default: HEAD"},
                "patch": {"type": "string", "description": "a unified diff against the base, instead of head"},
                "worktree": {"type": "boolean", "description": "the edits in the work tree, instead of head"},
                "evidence": {"type": "array", "items": {"type": "object", "required": ["metric"], "properties": {
                    "metric": {"type": "string"}, "before": {"type": ["number", "null"]}, "after": {"type": ["number", "null"]}}}},
                "supersedes": {"type": ["string", "null"], "description": "id of the earlier proposal that this one takes the place of"},
                "idempotency_key": {"type": "string", "description": "the same key gives the same id"},
                "model": {"type": "string"}, "session": {"type": "string"}}}),
        ),
        tool(
            "await_decision",
            "Wait for the decision about a proposal, up to max_wait_s seconds. `status: pending` means: call again.",
            json!({"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
                "id": {"type": "string"}, "max_wait_s": {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT_S}}}),
        ),
        tool(
            "get_feedback",
            "Notes from the person to you, each told once; with an id also the decision, comments and questions about that proposal.",
            json!({"type": "object", "additionalProperties": false, "properties": {"id": {"type": "string"}}}),
        ),
        tool(
            "log_metrics",
            "Log metrics of the trial that runs, for the person's curves. Another trial name begins a new curve.",
            json!({"type": "object", "additionalProperties": false, "required": ["metrics"], "properties": {
                "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
                "step": {"type": "integer", "minimum": 0}, "trial": {"type": "string"}}}),
        ),
    ]
}
