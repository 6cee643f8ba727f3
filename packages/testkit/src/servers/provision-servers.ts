import { CleanUp } from './clean-up.js';
import { requireContainerDaemon, startContainer } from './containers.js';
import { canInstallPackages, installPackages } from './debian-packages.js';
import { findServerProgram, startPrivately } from './private-servers.js';
import {
  SERVERS,
  withSchemaPrefix,
  withoutPassword,
  type ServerKind,
  type ServerSpec,
} from './server-kinds.js';

export interface ProvisionOptions {
  /** One line per server and per thing that takes a while. */
  readonly log: (line: string) => void;
  /** Environment to read the URL variables from. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Aborted: nothing more is started or installed, and what was started is stopped again. */
  readonly signal?: AbortSignal;
}

export interface ProvisionedServers {
  readonly mysqlUrl: string;
  readonly rabbitUrl: string;
  readonly redisUrl: string;
  /** One line per server: provider, version, address. */
  readonly description: readonly string[];
  /** Stops what was started here. */
  stop(): Promise<void>;
}

interface Provided {
  readonly url: string;
  readonly provider: string;
  readonly version: string;
}

interface Search {
  readonly spec: ServerSpec;
  readonly options: ProvisionOptions & { readonly cleanUp: CleanUp; readonly signal: AbortSignal };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Why each way that was tried did not work. */
  readonly tried: string[];
  program?: string | undefined;
}

type Way = (search: Search) => Promise<Provided | undefined>;

/**
 * Real servers for tests, each by the first way that works: its URL variable, localhost, a container, an
 * installed program, Debian packages. Never does without one.
 * @throws with what was tried and what to set or install
 */
export async function provisionServers(given: ProvisionOptions): Promise<ProvisionedServers> {
  const cleanUp = new CleanUp();
  const options = { ...given, cleanUp, signal: given.signal ?? new AbortController().signal };
  const environment = given.environment ?? process.env;
  const searches = SERVERS.map((spec): Search => ({ spec, options, environment, tried: [] }));
  try {
    const found = new Map<ServerKind, Provided>();
    await eachMissing(searches, found, [byVariable, onLocalhost, inContainer, asInstalled]);
    options.signal.throwIfAborted();
    const absent = searches.filter(({ spec, program }) => !found.has(spec.kind) && program === undefined);
    if (absent.length > 0 && (await installed(absent, options)))
      await eachMissing(absent, found, [asInstalled]);
    options.signal.throwIfAborted();
    return summary(searches, found, cleanUp, given.log);
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

async function eachMissing(
  searches: readonly Search[],
  found: Map<ServerKind, Provided>,
  ways: readonly Way[],
): Promise<void> {
  const results = await Promise.allSettled(
    searches.map(async (search) => {
      for (const way of ways) {
        search.options.signal.throwIfAborted();
        const provided = await way(search);
        if (provided === undefined) continue;
        found.set(search.spec.kind, provided);
        return;
      }
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** A server that somebody named has to work: to use another one in silence would test the wrong thing. */
async function byVariable({ spec, environment }: Search): Promise<Provided | undefined> {
  const value = environment[spec.variable];
  if (value === undefined || value === '') return undefined;
  const url = withSchemaPrefix(spec, value);
  try {
    return { url, provider: spec.variable, version: await spec.probe(url) };
  } catch (error) {
    throw new Error(
      `${spec.variable} is set to ${withoutPassword(url)}, which cannot be used: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function onLocalhost(search: Search): Promise<Provided | undefined> {
  const { spec, environment } = search;
  if (environment['SPOTOPT_TEST_NO_LOCALHOST'] === '1') {
    search.tried.push('localhost: not looked at (SPOTOPT_TEST_NO_LOCALHOST=1)');
    return undefined;
  }
  for (const url of spec.localUrls) {
    try {
      return { url, provider: 'localhost', version: await spec.probe(url) };
    } catch (error) {
      search.tried.push(`${withoutPassword(url)}: ${messageOf(error)}`);
    }
  }
  return undefined;
}

async function inContainer(search: Search): Promise<Provided | undefined> {
  const { spec, options } = search;
  try {
    await requireContainerDaemon(options.signal);
  } catch (error) {
    search.tried.push(`containers: ${messageOf(error)}`);
    return undefined;
  }
  const own = new CleanUp();
  try {
    options.log(`${spec.title}: starting a container of ${spec.image}`);
    const started = await startContainer(spec, { cleanUp: own, signal: options.signal });
    options.cleanUp.add(() => own.run());
    return { ...started, provider: `container ${spec.image}` };
  } catch (error) {
    search.tried.push(`container ${spec.image}: ${messageOf(error)}`);
    // The daemon may still be pulling; that is not waited for.
    own.run().catch(() => undefined);
    return undefined;
  }
}

async function asInstalled(search: Search): Promise<Provided | undefined> {
  const { spec, options } = search;
  const program = await findServerProgram(spec);
  search.program = program;
  if (program === undefined) {
    search.tried.push('installed programs: none found');
    return undefined;
  }
  try {
    const started = await startPrivately(spec, program, options);
    return { ...started, provider: `private ${program}` };
  } catch (error) {
    search.tried.push(`${program}: ${messageOf(error)}`);
    return undefined;
  }
}

async function installed(missing: readonly Search[], options: ProvisionOptions): Promise<boolean> {
  if (!(await canInstallPackages())) {
    for (const search of missing) search.tried.push('Debian packages: not root, or no apt-get');
    return false;
  }
  const packages = missing.map(({ spec }) => spec.debianPackage);
  options.log(`installing ${packages.join(', ')} (this takes a while)`);
  try {
    await installPackages(packages, options.signal);
    return true;
  } catch (error) {
    for (const search of missing) search.tried.push(messageOf(error));
    return false;
  }
}

function summary(
  searches: readonly Search[],
  found: ReadonlyMap<ServerKind, Provided>,
  cleanUp: CleanUp,
  log: (line: string) => void,
): ProvisionedServers {
  const problems = searches.filter(({ spec }) => !found.has(spec.kind)).map(whatToDo);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const description = searches.map(({ spec }) => {
    const provided = found.get(spec.kind);
    return `${spec.title}: ${provided?.version ?? ''}, ${provided?.provider ?? ''}, ${withoutPassword(provided?.url ?? '')}`;
  });
  for (const line of description) log(line);
  const urlOf = (kind: ServerKind): string => found.get(kind)?.url ?? '';
  return {
    mysqlUrl: urlOf('mysql'),
    rabbitUrl: urlOf('rabbitmq'),
    redisUrl: urlOf('redis'),
    description,
    stop: () => cleanUp.run(),
  };
}

function whatToDo({ spec, tried }: Search): string {
  return [
    `The tests need a real ${spec.title} and there is none. One of these helps:`,
    `  - set ${spec.variable}, for example to ${spec.exampleUrl}`,
    `  - run it on localhost: docker run -d -p ${String(spec.containerPort)}:${String(spec.containerPort)} … ${spec.image}`,
    `  - start a Docker daemon that can pull ${spec.image}`,
    `  - install it: apt-get install ${spec.debianPackage}`,
    ...tried.map((line) => `  (tried ${line})`),
  ].join('\n');
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message.split('\n')[0] ?? '';
  return 'code' in error ? String(error.code) : error.name;
}
