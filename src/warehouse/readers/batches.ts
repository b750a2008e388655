import { AppError } from '../../errors.js';

/** Answers questions in the order they were asked, those of one kind together. */
export async function inBatches<Question, Result>(
  questions: readonly Question[],
  kindOf: (question: Question) => string,
  answer: (batch: readonly Question[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const kinds = [...new Set(questions.map(kindOf))];
  const answers: Result[] = [];
  for (const kind of kinds) {
    const indices = [...questions.keys()].filter((index) => kindOf(itemOf(questions, index)) === kind);
    const results = await answer(indices.map((index) => itemOf(questions, index)));
    for (const [position, index] of indices.entries()) answers[index] = itemOf(results, position);
  }
  return answers;
}

function itemOf<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new AppError('INVARIANT_BROKEN', 'an answer is missing in a batch');
  return item;
}
