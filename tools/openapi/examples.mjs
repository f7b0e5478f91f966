// The examples of the feed: payloads from config/partners/<partner>/examples, checked to survive JSON unchanged.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import YAML from 'yaml';

const TAKEN = [
  { partner: 'partner-a', file: 'worked-sample.yaml' },
  { partner: 'partner-a', file: 'faults.yaml' },
  { partner: 'partner-b', file: 'valid.yaml' },
  { partner: 'partner-b', file: 'faults.yaml' },
];

// withoutSpaces TEXT: the JSON text without the white space between its tokens.
function withoutSpaces(text) {
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token[0] === '"' ? token : ''));
}

// readExamples FOLDER: the examples as OpenAPI has them, by name. A payload whose numbers would be written otherwise
// after parsing (29.90 as 29.9) is refused: the document shows what partners send.
export function readExamples(partnersFolder) {
  const examples = {};
  for (const { partner, file } of TAKEN) {
    const example = YAML.parse(readFileSync(path.join(partnersFolder, partner, 'examples', file), 'utf8'));
    const value = JSON.parse(example.payload);
    if (JSON.stringify(value) !== withoutSpaces(example.payload)) {
      throw new Error(`${partner}/examples/${file}: JSON would write this payload otherwise`);
    }
    const name = `${partner}-${path.basename(file, '.yaml')}`;
    examples[name] = { summary: `${partner}: ${example.description}`, value };
  }
  return examples;
}

// batchOf EXAMPLES PARTNER: the payloads of one partner, good and bad, as one batch.
export function batchOf(examples, partner) {
  const value = Object.entries(examples)
    .filter(([name]) => name.startsWith(`${partner}-`))
    .map(([, example]) => example.value);
  return { summary: `${partner}: one good order, one bad one`, value };
}
