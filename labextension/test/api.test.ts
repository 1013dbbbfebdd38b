import { expect, test, vi } from 'vitest';

import error from '../../tests/wire/error.json';
import { AcaiError, Api, messageOf } from '../src/api';
import { aJob, aServer, detailsOf } from './fakes';

const job = aJob();

test('the list asks for a page', async () => {
  const settings = aServer(url => ({ body: { items: [job], cursor: String(url) } }));
  const page = await new Api(settings).jobs(50, '13');
  expect(page.items).toEqual([job]);
  const asked = new URL(page.cursor ?? '');
  expect(asked.pathname).toBe('/base/acai/api/v1/jobs');
  expect([asked.searchParams.get('limit'), asked.searchParams.get('cursor')]).toEqual(['50', '13']);
});

test('a job keeps fields that this version does not know', async () => {
  const newer = { ...detailsOf(job), colour: 'purple' };
  const settings = aServer(() => ({ body: newer }));
  expect(await new Api(settings).job(12)).toEqual(newer);
});

test('a job is killed by POST', async () => {
  const answer = vi.fn(() => ({ body: detailsOf(job) }));
  await new Api(aServer(answer)).kill('job_1/../2');
  const [url, method] = answer.mock.calls[0] as unknown as [URL, string];
  expect([method, url.pathname]).toEqual(['POST', '/base/acai/api/v1/jobs/job_1%2F..%2F2/kill']);
});

test("an error carries the platform's code and message", async () => {
  const settings = aServer(() => ({ status: 404, body: error }));
  const refused = await new Api(settings).job(99).catch((raised: unknown) => raised);
  expect(refused).toBeInstanceOf(AcaiError);
  expect(refused).toMatchObject({ status: 404, code: error.code, message: error.message, isFinal: true });
});

test('an answer of somebody else is told in one line', async () => {
  const api = new Api(aServer(() => ({ status: 502, body: { message: 'Bad gateway' } })));
  await expect(api.whoAmI()).rejects.toThrow('The Jupyter server answered with HTTP status 502.');
  const without = new Api(aServer(() => ({ status: 404, body: null })));
  await expect(without.whoAmI()).rejects.toThrow('ACAI does not run in this Jupyter server');
});

test('no answer is an error that asking again may help', async () => {
  const api = new Api(aServer(() => Promise.reject(new TypeError('Failed to fetch'))));
  const refused = await api.logSize(1).catch((raised: unknown) => raised);
  expect(refused).toMatchObject({ status: 0, isFinal: false });
  expect(messageOf(refused)).toBe('The Jupyter server does not answer.');
});
