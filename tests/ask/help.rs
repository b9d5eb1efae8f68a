//! What `ask --help` says.

use crate::support::Outcrop;

#[test]
fn the_help_is_this() {
    let run = Outcrop::new(["ask", "--help"]).run().succeeds();
    assert_eq!(run.stderr, "");
    // The global options are the same everywhere.
    let (own, rest) = run.stdout.split_once("Global options:").unwrap();
    let (_, after) = rest.split_once("Standard input is").unwrap();
    let shown = format!("{own}…\n\nStandard input is{after}");
    let lines: Vec<_> = shown.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    Ask a model and stream its answer

    Usage: outcrop ask [OPTIONS] [PROMPT]...

    Arguments:
      [PROMPT]...
              The question; several words are joined by spaces

    Options:
      -m, --model <MODEL>
              The model: an id, an inference profile, an ARN, or `provider/id`

      -s, --system <TEXT>
              The system prompt

      -f, --file <FILE>
              A file to go with the question: image, document, video, sound or text; or, for Amazon's
              own models, an object of S3, `s3://bucket/key.pdf`. May be given several times

          --max-tokens <N>
              The most tokens the answer may have

          --temperature <T>
              Randomness, 0 to 1

          --top-p <P>
              Share of the probability mass to sample from, 0 to 1

          --stop <TEXT>
              Stop at this text; may be given several times

          --thinking <LEVEL>
              How hard the model thinks before it answers

              [possible values: off, minimal, low, medium, high, xhigh, max]

          --schema <FILE>
              A file with a JSON schema: the answer is JSON that follows it, or the exit code is not 0

          --guardrail <ID[:VERSION]>
              A guardrail for this request, by id or ARN; without a version, its working draft

          --cache <TIME>
              Whether cache points are put where they pay, and how long they last

              Possible values:
              - off: No, whatever the configuration says
              - 5m:  For five minutes after their last use
              - 1h:  For an hour after their last use

          --option <KEY=VALUE>
              What the provider's API has beside these flags, by its own names: `serviceTier.type=flex`,
              `performanceConfig.latency=optimized`, `requestMetadata.team=search`,
              `promptVariables.city.text=Oslo`, `additionalModelRequestFields={"top_k":50}`. JSON, or
              else a text. May be given several times

          --no-stream
              Wait for the whole answer

          --json
              Print one JSON object: answer, usage, cost, request id

          --events
              Print one JSON object for each event of the stream

          --dry-run
              Print the request that would be sent, and send nothing; with `-m` it needs no credentials

      -h, --help
              Print help (see a summary with '-h')

    …

    Standard input is appended to the prompt: `git diff | outcrop ask "Explain this change"`.

    Without `-m`, the default model of the configuration is asked (`agents.defaults.model.primary`).
    Without one, the best of what can be called: Claude Sonnet, Claude Haiku, Nova Pro, Nova Lite,
    Claude Opus, gpt-oss, Mistral Large, Qwen3, DeepSeek, Llama, in this order and the newest first; by
    an inference profile of the region's own geography, else in the region itself. A global profile
    comes last: its answers may be made anywhere.

    What a file is (`-f`) is told by its content, not by its name: images (png, jpeg, gif, webp),
    documents (pdf, doc, docx, xls, xlsx, html), video and sound; the name decides between md, csv, html
    and txt. Any other text goes into the prompt, under the name of its file, and so do text documents
    where the model takes none, and where there are more than 5 documents. A file may have 25 MB; how
    much of each kind a model takes, and how many, docs/guide/requests.md says: for most, images of 3.75
    MB, documents of 4.5 MB and videos of 18.75 MB. `-f -` is a file on standard input. A file that
    cannot be read, or is empty, is exit code 2; one that cannot be sent is 6.

    On standard error, if it is a terminal or with `-v`: what the model thinks, and after the answer its
    tokens, price and time. With `-q` neither.
    "#);
}

#[test]
fn the_short_help_has_every_option_too() {
    let short = Outcrop::new(["ask", "-h"]).run().succeeds().stdout;
    for option in ["-f, --file", "--thinking", "--schema", "--guardrail", "--cache", "--dry-run"] {
        assert!(short.contains(option), "{option}: {short}");
    }
}
