//! What happens to jobs, told to everybody who listens.

use bellwether_domain::SharedClock;
use bellwether_scheduler::{Job, JobObserver};

use crate::{Bus, Event};

/// Tells of the jobs of this process on the bus.
pub(crate) struct Announced {
    pub(crate) bus: Bus,
    pub(crate) clock: SharedClock,
}

impl JobObserver for Announced {
    fn changed(&self, job: &Job) {
        self.bus.publish(self.clock.now(), Event::JobChanged(Box::new(job.clone())));
    }
}
