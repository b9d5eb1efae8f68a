//! `cargo xtask bench provider`: what a streamed answer costs beside a bare loop on the AWS SDK.
//!
//! Three questions, each put to fresh processes in turn, round after round: how much CPU a delta takes, for short and
//! long answers, with many frames a write and with one; how soon `outcrop ask` prints its first words; and whether memory
//! grows with the answer.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::frames::Deltas;
use super::observe::{Subject, one_shot};
use super::plot::{Panel, draw};
use super::upstream::Upstream;
use super::{Built, Options, Spread, WARM_UP, conclusion, point, scratch, target_folder, verdict};
use crate::process::workspace;
use crate::{Failure, files, say};

/// Deltas of an answer.
const LENGTHS: [usize; 3] = [100, 2_000, 20_000];
/// Deltas of an answer where memory is measured.
const MEMORY_LENGTHS: [usize; 4] = [100, 2_000, 20_000, 200_000];
/// Frames that the upstream hands to the kernel at once.
const FRAMES_PER_WRITE: [usize; 2] = [32, 1];
/// Deltas that each process is measured over, in as many answers as that takes.
const DELTAS: usize = 20_000;
/// Deltas of the answer whose first words are waited for.
const FIRST_WORDS_OF: usize = 100;
/// Processes of each kind whose memory is measured.
const MEMORY_ROUNDS: usize = 5;

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let Options { profile, rounds, save, .. } = options;
    let examples = [("outcrop-provider-bedrock", "bare_stream"), ("outcrop", "stream_cost")];
    let bench = Bench {
        built: Built::new(options, &examples)?,
        home: scratch("bench-home")?,
        deltas: Arc::new(Deltas::new()),
        rounds: *rounds,
    };
    say(&format!(
        "\nmedians of {rounds} interleaved rounds, profile `{profile}` (in brackets: the middle 80 %)"
    ));
    let mut panels = Vec::new();
    let mut met = Vec::new();
    for frames in FRAMES_PER_WRITE {
        let costs = bench.costs(frames)?;
        met.extend(judge_costs(&costs, frames));
        panels.push(panel(&format!("CPU per delta, {frames} frames a write"), "µs", &costs));
    }
    let first = bench.first_words()?;
    met.push(verdict("first words of `outcrop ask` against the SDK's", ratio(&first, 0, 1), 1.5, 1.0));
    panels.push(panel("process start to first words", "ms", &first));
    let memory = bench.memory()?;
    met.extend(judge_memory(&memory));
    panels.push(panel("peak memory", "MiB", &memory));

    let folder = if *save { workspace().join("docs") } else { target_folder()? };
    let file = folder.join("performance.svg");
    let drawing = draw("A streamed answer, beside the same through the AWS SDK alone", &panels);
    files::replace(&file, &drawing).map_err(|error| format!("{}: {error}", file.display()))?;
    say(&format!("\ndrawn in {}", file.display()));
    conclusion(&met)
}

/// A program that streams answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Sdk,
    Provider,
    Layers,
    Ask,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Sdk => "AWS SDK alone",
            Self::Provider => "our provider",
            Self::Layers => "with its layers",
            Self::Ask => "outcrop ask",
        }
    }
}

/// What one program took for answers of one length, in every round.
struct Measured {
    program: Program,
    deltas: usize,
    upstream: Arc<Upstream>,
    values: Vec<f64>,
}

impl Measured {
    fn spread(&self) -> Spread {
        Spread::of(self.values.clone())
    }

    /// One line of the report.
    fn say(&self, unit: &str, more: &str) {
        say(&format!(
            "  {:>7} deltas  {:<16} {} {unit}{more}",
            self.deltas,
            self.program.name(),
            self.spread()
        ));
    }
}

struct Bench {
    built: Built,
    home: PathBuf,
    deltas: Arc<Deltas>,
    rounds: usize,
}

impl Bench {
    /// Every program for every length, with nothing measured yet.
    fn prepare(
        &self,
        programs: &[Program],
        lengths: &[usize],
        frames_per_write: usize,
    ) -> Result<Vec<Measured>, Failure> {
        let mut all = Vec::new();
        for &deltas in lengths {
            let upstream = Arc::new(Upstream::start(Arc::clone(&self.deltas), deltas, frames_per_write)?);
            all.extend(programs.iter().map(|&program| Measured {
                program,
                deltas,
                upstream: Arc::clone(&upstream),
                values: Vec::new(),
            }));
        }
        Ok(all)
    }

    /// The program that streams when it is told to.
    fn streamer(&self, measured: &Measured) -> Command {
        let ours = |which| {
            let mut command = self.built.example("stream_cost");
            command.arg(which);
            command
        };
        let command = match measured.program {
            Program::Provider => ours("provider"),
            Program::Layers => ours("layers"),
            Program::Sdk | Program::Ask => self.built.example("bare_stream"),
        };
        point(command, &measured.upstream.endpoint, &self.home)
    }

    /// The program that asks once and prints the answer.
    fn asker(&self, measured: &Measured) -> Command {
        let mut command = match measured.program {
            Program::Ask => self.built.outcrop(),
            _ => self.built.example("bare_stream"),
        };
        command.arg("ask");
        if measured.program == Program::Ask {
            command.args(["-m", "amazon.nova-lite-v1:0", "Why is the sky blue?"]);
        }
        point(command, &measured.upstream.endpoint, &self.home)
    }

    /// CPU in microseconds a delta.
    fn costs(&self, frames_per_write: usize) -> Result<Vec<Measured>, Failure> {
        let programs = [Program::Sdk, Program::Provider, Program::Layers];
        let mut all = self.prepare(&programs, &LENGTHS, frames_per_write)?;
        let mut rates = Vec::new();
        measure_in_turn(self.rounds, &mut all, |measured| {
            let cost = Subject::start(self.streamer(measured))?.stream(DELTAS / measured.deltas)?;
            rates.push((measured.program, measured.deltas, cost.deltas_per_second()));
            Ok(cost.microseconds_per_delta())
        })?;
        say(&format!("\nCPU per delta, {frames_per_write} frames a write"));
        for measured in &all {
            let of_this =
                |rate: &&(Program, usize, f64)| (rate.0, rate.1) == (measured.program, measured.deltas);
            let rate = Spread::of(rates.iter().filter(of_this).map(|rate| rate.2).collect());
            measured.say("µs", &format!("  {:.0} deltas/s", rate.median));
        }
        Ok(all)
    }

    /// Milliseconds from the start of a process to the first byte of its answer.
    fn first_words(&self) -> Result<Vec<Measured>, Failure> {
        let mut all = self.prepare(&[Program::Sdk, Program::Ask], &[FIRST_WORDS_OF], 1)?;
        let mut whole = Vec::new();
        measure_in_turn(self.rounds, &mut all, |measured| {
            let shot = one_shot(self.asker(measured), false)?;
            whole.push((measured.program, shot.whole));
            Ok(shot.first_byte)
        })?;
        say("\nprocess start to first words");
        for measured in &all {
            let of_this = whole.iter().filter(|(program, _)| *program == measured.program);
            let whole = Spread::of(of_this.map(|(_, whole)| *whole).collect());
            measured.say("ms", &format!("  whole process {:.2} ms", whole.median));
        }
        Ok(all)
    }

    /// The most memory that processes held, in MiB. All but `ask` drop what they read; that prints it.
    fn memory(&self) -> Result<Vec<Measured>, Failure> {
        let programs = [Program::Sdk, Program::Provider, Program::Layers, Program::Ask];
        let mut all = self.prepare(&programs, &MEMORY_LENGTHS, 32)?;
        measure_in_turn(MEMORY_ROUNDS, &mut all, |measured| {
            if measured.program == Program::Ask {
                return Ok(one_shot(self.asker(measured), true)?.memory);
            }
            let mut subject = Subject::start(self.streamer(measured))?;
            subject.stream(1)?;
            subject.peak_memory()
        })?;
        say("\npeak memory");
        for measured in &all {
            measured.say("MiB", "");
        }
        Ok(all)
    }
}

/// Measures everything once a round, forwards and backwards by turns: nobody is always the first.
fn measure_in_turn(
    rounds: usize,
    all: &mut [Measured],
    mut measure: impl FnMut(&Measured) -> Result<f64, Failure>,
) -> Result<(), Failure> {
    for round in 0..WARM_UP + rounds {
        let mut in_turn: Vec<_> = all.iter_mut().collect();
        if round % 2 == 1 {
            in_turn.reverse();
        }
        for measured in in_turn {
            let value = measure(measured)?;
            if round >= WARM_UP {
                measured.values.push(value);
            }
        }
    }
    Ok(())
}

/// The ratio of one median to another, by position.
fn ratio(all: &[Measured], to: usize, of: usize) -> f64 {
    match (all.get(of), all.get(to)) {
        (Some(of), Some(to)) => of.spread().ratio(to.spread()),
        _ => f64::NAN,
    }
}

/// Whether ours cost little more than the SDK, which stands before them for each length.
fn judge_costs(costs: &[Measured], frames: usize) -> Vec<bool> {
    let mut met = Vec::new();
    for (first, of_one_length) in costs.chunks(3).enumerate() {
        for (nth, measured) in of_one_length.iter().enumerate().skip(1) {
            let what = format!(
                "CPU per delta, {} deltas, {frames} frames a write, {}",
                measured.deltas,
                measured.program.name()
            );
            met.push(verdict(&what, ratio(costs, first * 3, first * 3 + nth), 1.25, 1.1));
        }
    }
    met
}

/// Whether memory is flat: two hundred thousand deltas against two thousand.
fn judge_memory(memory: &[Measured]) -> Vec<bool> {
    let of = |program, deltas| {
        memory.iter().find(|it| it.program == program && it.deltas == deltas).map(Measured::spread)
    };
    let judge = |program: Program| {
        let growth = of(program, 200_000)?.ratio(of(program, 2_000)?);
        Some(verdict(
            &format!("memory for 200 000 deltas against 2 000, {}", program.name()),
            growth,
            1.1,
            1.0,
        ))
    };
    [Program::Provider, Program::Layers].into_iter().filter_map(judge).collect()
}

fn panel(title: &str, unit: &'static str, all: &[Measured]) -> Panel {
    let bars = all.iter().map(|it| (it.deltas, it.program.name(), it.spread()));
    Panel { title: title.to_owned(), unit, bars: bars.collect() }
}
