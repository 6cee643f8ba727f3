/**
 * Entry of every npm script. Runs on whatever Node the machine has, makes sure that the dependencies are
 * installed and the sources compiled, then runs the wanted program on the pinned Node. Writes its own
 * progress to standard error, because the output of the program may be read by another program.
 */
const OLDEST = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(
    `Node ${OLDEST.join('.')} or newer is needed to install this project; this is ${process.versions.node}. ` +
      'Get one from https://nodejs.org, or use your version manager, and try again.',
  );
  process.exit(1);
}

const [name, ...args] = process.argv.slice(2);
const { runCommand } = await import('./commands/index.mjs');
process.exit(await runCommand(name, args));
