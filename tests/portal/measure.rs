//! Not a test: how long the pages of a full mailbox take. The bound is the design's, for a release build.

use std::sync::Arc;
use std::time::Instant;

use crate::house::{House, Letter};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "fills a mailbox with ten thousand records"]
async fn the_inbox_of_ten_thousand() {
    let house = Arc::new(House::new().await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..100 {
        let house = Arc::clone(&house);
        tasks.spawn(async move {
            for m in 0..100 {
                house.letter(Letter::default(), &format!("Meddelande {n}.{m}"), "text").await;
            }
        });
    }
    tasks.join_all().await;
    let anna = house.citizen("anna").await;
    let middle = anna.get("/messages").text();
    let older = middle.split("href=\"/messages?before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for path in ["/messages".to_owned(), format!("/messages?before={older}")] {
        let mut times: Vec<u128> = (0..300)
            .map(|_| {
                let start = Instant::now();
                assert_eq!(anna.get(&path).status, 200);
                start.elapsed().as_micros()
            })
            .collect();
        times.sort_unstable();
        println!("{path}: median {} µs, p99 {} µs", times[150], times[297]);
        assert!(times[297] <= 20_000, "p99 {} µs", times[297]);
    }
}
