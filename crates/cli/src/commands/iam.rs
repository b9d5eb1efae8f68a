//! `outcrop iam`.

use outcrop::{MANAGED_POLICY_SIZE, Outcrop, Policy, PolicyRequest};

use crate::args::{Iam, IamCommand, IamPolicy};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: Iam, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let IamCommand::Policy(arguments) = arguments.command;
    let ready = context.start(terminal).await?;
    let json = arguments.json;
    let policy = policy(arguments, &ready.outcrop)?;
    for note in &policy.notes {
        terminal.note(note);
    }
    let size = policy.document.size();
    if size > MANAGED_POLICY_SIZE {
        terminal.warn(&format!(
            "the policy has {size} characters, and a managed policy may have {MANAGED_POLICY_SIZE}: name fewer models \
             with `--models`, or make several policies"
        ));
    }
    if json {
        terminal.print_json(&policy.document)
    } else {
        terminal.print(&format!("{:#}\n", policy.document))
    }
}

fn policy(arguments: IamPolicy, outcrop: &Outcrop) -> Result<Policy, Failure> {
    let IamPolicy { actions, models, account, trust, .. } = arguments;
    if let Some(service) = trust {
        return Ok(outcrop.trust_policy(service)?);
    }
    let mut request = PolicyRequest::default().with_models(models);
    if !actions.is_empty() {
        request = request.with_actions(actions.concat());
    }
    if let Some(account) = account {
        request = request.with_account(account);
    }
    Ok(outcrop.iam_policy(&request)?)
}
