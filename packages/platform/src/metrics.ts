import { AppError } from '@spotopt/kernel';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What all views of one process share. */
interface Measures {
  readonly registry: Registry;
  readonly collectors: (() => Promise<void>)[];
}

export type Labels = Readonly<Record<string, string | number>>;

export interface CounterMetric {
  /** @default by 1 */
  add(labels?: Labels, by?: number): void;
}

export interface GaugeMetric {
  set(value: number, labels?: Labels): void;
}

export interface HistogramMetric {
  observe(value: number, labels?: Labels): void;
}

export interface MetricSettings {
  /** `<service>_<noun>_<unit>`; counters end in `_total`, durations in `_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface HistogramSettings extends MetricSettings {
  /** Upper bounds in the unit of the metric. @default 5 ms to 10 s */
  readonly buckets?: readonly number[];
}

export interface GaugeSettings extends MetricSettings {
  /** Read on every scrape, for a value that is cheaper to ask for than to keep. */
  readonly collect?: () => Promise<number> | number;
}

/**
 * Measures of one service. All services of a process share one registry, each with its own value of the
 * label `service`; asking twice for a name gives the same metric.
 */
export class Metrics {
  private constructor(
    private readonly measures: Measures,
    private readonly service: string,
  ) {}

  static create(settings: { readonly service: string; readonly processMetrics?: boolean }): Metrics {
    const registry = new Registry();
    if (settings.processMetrics === true) collectDefaultMetrics({ register: registry });
    return new Metrics({ registry, collectors: [] }, settings.service);
  }

  forService(service: string): Metrics {
    return new Metrics(this.measures, service);
  }

  counter(settings: MetricSettings): CounterMetric {
    const counter = this.#once(settings.name, Counter) ?? new Counter(this.#options(settings));
    return { add: (labels = {}, by = 1) => counter.inc({ ...labels, service: this.service }, by) };
  }

  gauge(settings: GaugeSettings): GaugeMetric {
    const { service } = this;
    const { collect } = settings;
    const gauge = this.#once(settings.name, Gauge) ?? new Gauge(this.#options(settings));
    if (collect !== undefined) {
      this.measures.collectors.push(async () => gauge.set({ service }, await collect()));
    }
    return { set: (value, labels = {}) => gauge.set({ ...labels, service }, value) };
  }

  histogram(settings: HistogramSettings): HistogramMetric {
    const { buckets } = settings;
    const histogram =
      this.#once(settings.name, Histogram) ??
      new Histogram({
        ...this.#options(settings),
        ...(buckets === undefined ? {} : { buckets: [...buckets] }),
      });
    return {
      observe: (value, labels = {}) => histogram.observe({ ...labels, service: this.service }, value),
    };
  }

  /** Everything measured in this process, in the Prometheus text format. */
  async text(): Promise<string> {
    await Promise.allSettled(this.measures.collectors.map((collector) => collector()));
    return this.measures.registry.metrics();
  }

  get contentType(): string {
    return this.measures.registry.contentType;
  }

  /** @throws AppError `metric-kind-changed` (bug) when the name is taken by another kind of metric */
  #once<M>(name: string, kind: abstract new (...args: never[]) => M): M | undefined {
    const existing: unknown = this.measures.registry.getSingleMetric(name);
    if (existing === undefined) return undefined;
    if (existing instanceof kind) return existing;
    throw AppError.bug('metric-kind-changed', `metric ${name} exists as another kind`);
  }

  #options(settings: MetricSettings): {
    name: string;
    help: string;
    labelNames: string[];
    registers: Registry[];
  } {
    return {
      name: settings.name,
      help: settings.help,
      labelNames: [...(settings.labels ?? []), 'service'],
      registers: [this.measures.registry],
    };
  }
}
