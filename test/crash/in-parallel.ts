/** Shares jobs among workers, each with something of its own; the results come in the order of the jobs. */
export async function inParallel<Worker extends AsyncDisposable, Job, Result>(
  open: readonly (() => Promise<Worker>)[],
  jobs: readonly Job[],
  work: (worker: Worker, job: Job) => Promise<Result>,
  close: (worker: Worker) => Promise<void> = async () => {},
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  await Promise.all(
    open.map(async (openOne) => {
      await using worker = await openOne();
      while (next < jobs.length) {
        const index = next++;
        results[index] = await work(worker, jobs[index] as Job);
      }
      await close(worker);
    }),
  );
  return results;
}
