use std::time::Duration;

use outcrop_files::Lock;

use super::*;
use crate::fixtures::*;
use crate::rows::Listing;

fn place() -> Place {
    Place { partition: "aws".into(), region: "us-east-1".into(), endpoint: None, identity: "somebody".into() }
}

fn rows() -> RegionRows {
    region("us-east-1", vec![model(NOVA)], vec![profile("us", SONNET, &["us-east-1"])]).rows
}

fn overwrite(disk: &Disk, bytes: &[u8]) {
    replace(disk.path::<RegionRows>(&place()), bytes, Options::new()).unwrap();
}

#[tokio::test]
async fn what_is_stored_is_loaded_to_the_millisecond() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().join("not/yet"));
    assert!(disk.load::<RegionRows>(&place()).rows.is_empty());
    let precise = noon() + Duration::from_nanos(123_456_789);
    let rows = RegionRows { foundation_models: Some(Listing::new(precise, vec![model(NOVA)])), ..rows() };
    disk.store(&place(), &rows).await;
    let loaded = disk.load::<RegionRows>(&place());
    assert_eq!(loaded.problem, None);
    assert_eq!(loaded.rows, rows);
    assert_eq!(loaded.rows.foundation_models.unwrap().taken_at, noon() + Duration::from_millis(123));
}

#[test]
fn callers_and_places_have_files_of_their_own() {
    let disk = Disk::new(PathBuf::new());
    let others = [
        Place { partition: "aws-cn".into(), ..place() },
        Place { region: "us-east-2".into(), ..place() },
        Place { endpoint: Some("http://127.0.0.1:1".into()), ..place() },
        Place { identity: "else".into(), ..place() },
        place(),
    ];
    let paths: std::collections::BTreeSet<_> =
        others.iter().map(|place| disk.path::<RegionRows>(place)).collect();
    assert_eq!(paths.len(), others.len());
}

#[tokio::test]
async fn files_that_cannot_be_used_are_problems_and_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().to_owned());
    disk.store(&place(), &rows()).await;
    let good: serde_json::Value =
        serde_json::from_slice(&std::fs::read(disk.path::<RegionRows>(&place())).unwrap()).unwrap();
    let changed = |key: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[key] = value;
        serde_json::to_vec(&changed).unwrap()
    };
    let whole = serde_json::to_vec(&good).unwrap();
    let elsewhere = serde_json::to_value(Place { identity: "else".into(), ..place() }).unwrap();
    let cases = [
        (whole[..whole.len() / 2].to_vec(), "damaged", "is damaged"),
        (Vec::new(), "damaged", "is damaged"),
        (b"\0\0\0".to_vec(), "damaged", "is damaged"),
        (changed("rows", "none".into()), "damaged", "is damaged"),
        (changed("version", (VERSION + 1).into()), "foreign", "is of another version"),
        (b"{}".to_vec(), "foreign", "is no list of models"),
        (br#"{"name":"theirs","version":"1.0.0"}"#.to_vec(), "foreign", "is no list of models"),
        (changed("format", "other".into()), "foreign", "is no list of models"),
        (changed("place", elsewhere), "foreign", "is about another account or region"),
    ];
    for (bytes, code, what) in cases {
        overwrite(&disk, &bytes);
        let loaded = disk.load::<RegionRows>(&place());
        assert!(loaded.rows.is_empty());
        let problem = loaded.problem.unwrap();
        assert_eq!((problem.source.as_str(), problem.code.as_str()), ("cache", code), "{}", problem.message);
        assert!(problem.message.contains(what), "{}", problem.message);
        disk.store(&place(), &rows()).await;
        assert_eq!(disk.load::<RegionRows>(&place()).rows, rows());
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    replace(&file, b"", Options::new()).unwrap();
    let disk = Disk::new(file.join("below"));
    disk.store(&place(), &rows()).await;
    assert!(disk.lock::<RegionRows>(&place()).await.0.is_none());
    assert!(disk.load::<RegionRows>(&place()).rows.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_waited_for_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().to_owned());
    let held = Lock::acquire(disk.path::<RegionRows>(&place()).with_extension("lock")).unwrap();
    let start = Instant::now();
    assert!(disk.lock::<RegionRows>(&place()).await.0.is_none());
    assert!(start.elapsed() >= LOCK_PATIENCE && start.elapsed() < LOCK_PATIENCE + Duration::from_secs(1));
    drop(held);
    assert!(disk.lock::<RegionRows>(&place()).await.0.is_some());
}
