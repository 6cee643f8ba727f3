/** What an engine of a stranger may take from the machine. All times are real time, whatever the service's clock is. */
export interface EngineLimits {
  /** Resident memory of the process of a script. @default 256 */
  readonly scriptMemoryMb: number;
  /** Of which the interpreter itself may use this much. @default 64 */
  readonly scriptHeapMb: number;
  /** Resident memory of the process of a model, beside four times the size of its file. @default 512 */
  readonly modelMemoryMb: number;
  /** Starting a process, reading the engine and making it ready. @default 20 s */
  readonly startMs: number;
  /** Processor time of a start before it goes on at a tenth of the speed, for engines that failed before. @default 0 */
  readonly startSlowMs: number;
  /** Processor time of an answer; one that needs more is worked out at a tenth of the speed. @default 100 ms */
  readonly slowMs: number;
  /** One answer when a file is inspected, by a process of the least priority. @default 5 s */
  readonly inspectMs: number;
  /** A longer answer is not read to its end. @default 256 KiB */
  readonly maxAnswerBytes: number;
  /**
   * Engines that may compute at the same time; the others wait for their turn. Only one of them may be without a warm
   * process, as every engine is that keeps failing. @default 2
   */
  readonly concurrency: number;
  /** Processes that are kept warm; beyond it the one that idled longest is ended. @default 8 */
  readonly maxWarmProcesses: number;
  /** A process is renewed after so many answers, well before its allowance of CPU time is used up. @default 10 000 */
  readonly answersPerProcess: number;
  /** Of processes whose engine has answered, as for `nice`: 0 is normal, 19 the least, which all start with. @default 10 */
  readonly niceness: number;
  /** First pause after an engine failed twice in a row; it doubles with every further failure. @default 1 s */
  readonly pauseMs: number;
  /**
   * Longest rest between the end of a process that failed and the next start of any engine: engines that all fail must
   * not keep a processor busy with starts. @default 1 s
   */
  readonly restMs: number;
  /** Longest pause of an engine that keeps failing. @default 15 min */
  readonly maxPauseMs: number;
}

export const ENGINE_LIMITS: EngineLimits = {
  scriptMemoryMb: 256,
  scriptHeapMb: 64,
  modelMemoryMb: 512,
  startMs: 20_000,
  startSlowMs: 0,
  slowMs: 100,
  inspectMs: 5_000,
  maxAnswerBytes: 256 * 1024,
  concurrency: 2,
  maxWarmProcesses: 8,
  answersPerProcess: 10_000,
  niceness: 10,
  pauseMs: 1_000,
  restMs: 1_000,
  maxPauseMs: 15 * 60_000,
};

/** A script is text that a person wrote; the file is parsed for each decision. */
export const MAX_SCRIPT_BYTES = 256 * 1024;
/** Of an upload. */
/** A manifest is text that a person wrote, too. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;
