// Keeps the progress bar of a job moving. Without it the page reloads itself every few seconds.
const job = document.getElementById("job");
const bar = job.querySelector("progress");
const count = document.getElementById("job-count");
const message = document.getElementById("job-message");

function show(progress) {
  if (progress.total) {
    bar.max = progress.total;
    bar.value = progress.done;
  }
  const text = progress.total ? `${progress.done} of ${progress.total}` : `${progress.done} so far`;
  if (count.textContent !== text) count.textContent = text;
  message.textContent = progress.message;
}

async function look() {
  let pause = 1000;
  try {
    const answer = await fetch(job.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const progress = await answer.json();
    show(progress);
    if (progress.over) {
      location.reload();
      return;
    }
  } catch {
    // The network comes and goes on a phone; the job does not mind.
    pause = 5000;
  }
  setTimeout(look, pause);
}

look();
