//! Which job goes when.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_kind_has_its_limit_and_all_share_the_slots() {
    #[derive(Default)]
    struct Load {
        now: HashSet<String>,
        most_charts: usize,
        most: usize,
    }
    let (queue, _) = queue();
    let load = Arc::new(Mutex::new(Load::default()));
    let handler = || {
        let load = load.clone();
        Does(move |job: Job, _| {
            let load = load.clone();
            async move {
                {
                    let mut load = load.lock().unwrap();
                    load.now.insert(job.key.clone());
                    load.most = load.most.max(load.now.len());
                    let charts = load.now.iter().filter(|key| key.starts_with("chart")).count();
                    load.most_charts = load.most_charts.max(charts);
                }
                tokio::time::sleep(Duration::from_secs(10)).await;
                load.lock().unwrap().now.remove(&job.key);
                Ok(())
            }
        })
    };
    for number in 0..8 {
        enqueue(&queue, "chart", &format!("chart{number}")).await;
        enqueue(&queue, "refresh", &format!("refresh{number}")).await;
    }
    let _running = worker(&queue, "w").handle("chart", 1, handler()).handle("refresh", 9, handler()).start();

    let done = JobFilter { state: Some(JobState::Succeeded), ..JobFilter::default() };
    until("all done", async || queue.store().list(&done, 99).await.unwrap().len() == 16).await;

    let load = load.lock().unwrap();
    assert_eq!((load.most, load.most_charts), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn kinds_without_a_handler_are_left_to_others() {
    let (queue, _) = queue();
    let id = enqueue(&queue, "mail", "k").await;
    let running = worker(&queue, "w").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(job(&queue, id).await.state, JobState::Queued);
    running.stop(PATIENCE).await;

    let _other = worker(&queue, "other").handle("mail", 1, Does(async |_, _| Ok(()))).start();

    until_state(&queue, id, JobState::Succeeded).await;
}

/// What ran, in order, as `(priority, number)`.
type Runs = Arc<Mutex<Vec<(u8, usize)>>>;

pub(super) async fn fill(queue: &Queue, jobs: usize) {
    for number in 0..jobs {
        let priority = Priority::new((number % 10) as u8 + 1).unwrap();
        let wish = NewJob::new("refresh", format!("k{number}"))
            .priority(priority)
            .payload(serde_json::json!(number));
        queue.enqueue(&wish).await.unwrap();
    }
}

fn recorder(runs: &Runs) -> impl JobHandler + use<> {
    let runs = runs.clone();
    Does(move |job: Job, _| {
        let runs = runs.clone();
        async move {
            let number = job.payload.as_u64().unwrap() as usize;
            runs.lock().unwrap().push((job.priority.number(), number));
            tokio::task::yield_now().await;
            Ok(())
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_jobs_on_four_workers_run_once_each_in_order_of_priority() {
    const JOBS: usize = 1000;
    let (queue, _) = queue();
    fill(&queue, JOBS).await;
    let runs = Runs::default();
    let workers: Vec<_> = (0..4)
        .map(|n| worker(&queue, &format!("w{n}")).handle("refresh", 4, recorder(&runs)).start())
        .collect();

    until("all ran", async || runs.lock().unwrap().len() >= JOBS).await;
    for worker in workers {
        worker.stop(PATIENCE).await;
    }
    let done = JobFilter { state: Some(JobState::Succeeded), ..JobFilter::default() };
    let finished = queue.store().list(&done, JOBS + 1).await.unwrap().len();

    let runs = runs.lock().unwrap().clone();
    assert_eq!((runs.len(), finished), (JOBS, JOBS));
    assert_eq!(runs.iter().map(|(_, number)| number).collect::<HashSet<_>>().len(), JOBS);
    // 16 jobs are under way at once, so that single ones are noted out of order; on the average none may be.
    let mut places = [0; 10];
    for (place, (priority, _)) in runs.iter().enumerate() {
        places[usize::from(priority - 1)] += place;
    }
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test(start_paused = true)]
async fn one_slot_runs_jobs_strictly_by_priority() {
    let (queue, _) = queue();
    fill(&queue, 200).await;
    let runs = Runs::default();
    let mut plan = worker(&queue, "w").handle("refresh", 4, recorder(&runs));
    plan.settings.slots = 1;
    let _running = plan.start();

    until("all ran", async || runs.lock().unwrap().len() == 200).await;

    let runs = runs.lock().unwrap().clone();
    assert!(runs.is_sorted(), "first by priority, then by age");
}
