import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../../../src/oci/digest.ts';
import type { Fault, Step } from './faults.ts';
import { referrersOf, subjectHeader } from './referrers.ts';
import type { Store } from './store.ts';

/** A request, taken apart. */
export interface Route {
  readonly step: Step;
  readonly repository: string;
  /** A digest, a tag, or an upload's id. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** The query as it was sent, without the question mark. */
  readonly rawQuery: string;
}

const MANIFESTS = /^\/v2\/(.+)\/manifests\/([^/]+)$/;
const UPLOADS = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/;
const REFERRERS = /^\/v2\/(.+)\/referrers\/([^/]+)$/;
const BLOBS = /^\/v2\/(.+)\/blobs\/([^/]+)$/;

export function routeOf(request: IncomingMessage): Route {
  const [path = '', rawQuery = ''] = (request.url ?? '').split('?');
  const method = request.method ?? '';
  const found = (step: string, match: RegExpExecArray | null): Route => ({
    step: step as Step,
    repository: match?.[1] ?? '',
    name: match?.[2] ?? '',
    query: new URLSearchParams(rawQuery),
    rawQuery,
  });
  if (path === '/token') return found('token', null);
  const manifests = MANIFESTS.exec(path);
  if (manifests !== null) return found(`manifest ${method}`, manifests);
  const uploads = UPLOADS.exec(path);
  if (uploads !== null) return found(method, uploads);
  const referrers = REFERRERS.exec(path);
  if (referrers !== null) return found('referrers', referrers);
  const blobs = BLOBS.exec(path);
  return blobs === null ? found('other', null) : found(`blob ${method}`, blobs);
}

/** What is sent back. */
export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

/** How it takes uploads, where that is not as distribution does. */
export interface UploadQuirks {
  /** A question how far an upload is gets this status: 400 with go-containerregistry, 404 with public ECR. */
  readonly ask?: number;
  /** A PATCH with Content-Range gets this status: 416 with GHCR. */
  readonly parts?: number;
  /** A PATCH behind the first of an upload gets this status: 400 with Gitea. */
  readonly second?: number;
  /** OCI-Chunk-Min-Length: shorter chunks but the last are refused. */
  readonly minChunk?: number;
  /** Of a PATCH with Content-Range it takes so many bytes, and says so. */
  readonly takes?: number;
  /** Of a PATCH that breaks it keeps nothing: a proxy before it waits for whole requests. */
  readonly wholeRequests?: boolean;
  /** A request with more bytes is answered 413, before it is read where it says how many it has. */
  readonly maxBody?: number;
}

export interface Work {
  readonly store: Store;
  readonly route: Route;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly fault: Fault | undefined;
  /** How an upload's address is written: relative, or with the origin. */
  readonly locationPrefix: string;
  readonly quirks: UploadQuirks;
}

/** Does what a registry does. */
export function work(task: Work): Reply {
  switch (task.route.step) {
    case 'POST':
      return openUpload(task);
    case 'PATCH':
      return fillUpload(task);
    case 'PUT':
      return finishUpload(task);
    case 'GET':
      return tellOffset(task);
    case 'DELETE':
      return task.store.uploads.delete(task.route.name) ? { status: 204 } : error(404, 'BLOB_UPLOAD_UNKNOWN');
    case 'blob HEAD':
    case 'blob GET':
      return giveBlob(task);
    case 'manifest PUT':
      return takeManifest(task);
    case 'manifest GET':
      return giveManifest(task);
    case 'referrers':
      return giveReferrers(task);
    default:
      return { status: 200 };
  }
}

export function error(status: number, code: string): Reply {
  return { status, body: Buffer.from(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] })) };
}

function openUpload({ store, route, locationPrefix, quirks }: Work): Reply {
  const { repository, query } = route;
  const mounted = store.blob(query.get('from') ?? '', query.get('mount') ?? '');
  if (mounted !== undefined) {
    store.putBlob(repository, query.get('mount') ?? '', mounted);
    return {
      status: 201,
      headers: { location: `${locationPrefix}/v2/${repository}/blobs/${query.get('mount') ?? ''}` },
    };
  }
  const location = sessionAddress(store.openUpload(repository), 0, locationPrefix, repository);
  const { minChunk } = quirks;
  return {
    status: 202,
    headers: { location, ...(minChunk === undefined ? {} : { 'oci-chunk-min-length': String(minChunk) }) },
  };
}

/** The query is as distribution's is: opaque, and spelled as no URL library would spell it. */
function stateOf(id: string, length: number): string {
  return `_state=${id}%2f${length}+a%20b~c%3D%3d&x`;
}

function sessionAddress(id: string, length: number, prefix: string, repository: string): string {
  return `${prefix}/v2/${repository}/blobs/uploads/${id}?${stateOf(id, length)}`;
}

function fillUpload(task: Work): Reply {
  const { store, route, headers, body, locationPrefix, quirks } = task;
  const refusal = patchRefusal(task);
  if (refusal !== undefined) return refusal;
  store.append(route.name, headers['content-range'] === undefined ? body : body.subarray(0, quirks.takes));
  return { status: 202, headers: uploadHeaders(route, store.sizeOf(route.name), locationPrefix) };
}

/** What came of a PATCH whose connection broke stays. */
export function fillPartly(task: Work): void {
  if (task.quirks.wholeRequests === true) return;
  if (patchRefusal(task) === undefined) task.store.append(task.route.name, task.body);
}

function patchRefusal({ store, route, headers, quirks }: Work): Reply | undefined {
  const upload = store.uploads.get(route.name);
  if (upload === undefined) return error(404, 'BLOB_UPLOAD_UNKNOWN');
  const { length } = upload.bytes;
  if (route.rawQuery !== stateOf(route.name, length)) return error(416, 'RANGE_INVALID');
  if (headers['content-type'] !== 'application/octet-stream') return error(400, 'SIZE_INVALID');
  if (quirks.second !== undefined && length > 0) return error(quirks.second, 'BLOB_UPLOAD_INVALID');
  const range = headers['content-range'];
  if (range === undefined) return undefined;
  if (quirks.parts !== undefined) return error(quirks.parts, 'RANGE_INVALID');
  const sent = Number(headers['content-length']);
  return range === `${length}-${length + sent - 1}` ? undefined : error(416, 'RANGE_INVALID');
}

function tellOffset({ store, route, locationPrefix, quirks }: Work): Reply {
  if (quirks.ask !== undefined) return error(quirks.ask, 'UNSUPPORTED');
  const upload = store.uploads.get(route.name);
  if (upload === undefined) return error(404, 'BLOB_UPLOAD_UNKNOWN');
  return { status: 204, headers: uploadHeaders(route, upload.bytes.length, locationPrefix) };
}

function uploadHeaders({ name, repository }: Route, length: number, prefix: string): Record<string, string> {
  return {
    location: sessionAddress(name, length, prefix, repository),
    range: `0-${Math.max(0, length - 1)}`,
  };
}

function finishUpload({ store, route, body, fault }: Work): Reply {
  const upload = store.uploads.get(route.name);
  if (upload === undefined) return error(404, 'BLOB_UPLOAD_UNKNOWN');
  const digest = route.query.get('digest') ?? '';
  const expected = `${stateOf(route.name, upload.bytes.length)}&digest=${encodeURIComponent(digest)}`;
  if (route.rawQuery !== expected) return error(416, 'RANGE_INVALID');
  const bytes = Buffer.concat([upload.bytes, body]);
  if (digestOf(bytes) !== digest) return error(400, 'DIGEST_INVALID');
  if (fault?.kind === 'corrupt') bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  store.uploads.delete(route.name);
  store.putBlob(upload.repository, digest, bytes);
  return { status: 201, headers: { 'docker-content-digest': digestOf(bytes) } };
}

function giveBlob({ store, route, headers }: Work): Reply {
  const body = store.blob(route.repository, route.name);
  if (body === undefined) return error(404, 'BLOB_UNKNOWN');
  const digest = { 'docker-content-digest': route.name };
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined || !store.givesRanges) return { status: 200, body, headers: digest };
  const part = body.subarray(Number(from), Number(to) + 1);
  const range = `bytes ${from}-${Number(from) + part.length - 1}/${body.length}`;
  return { status: 206, body: part, headers: { ...digest, 'content-range': range } };
}

function takeManifest({ store, route, headers, body, fault }: Work): Reply {
  const document = JSON.parse(body.toString()) as { config?: Named; layers?: Named[]; manifests?: Named[] };
  const blobs = [...(document.config === undefined ? [] : [document.config]), ...(document.layers ?? [])];
  if (blobs.some(({ digest }) => store.blob(route.repository, digest) === undefined))
    return error(404, 'MANIFEST_BLOB_UNKNOWN');
  const children = document.manifests ?? [];
  if (children.some(({ digest }) => store.manifest(route.repository, digest) === undefined))
    return error(404, 'MANIFEST_UNKNOWN');
  const bytes = fault?.kind === 'corrupt' ? Buffer.concat([body, Buffer.from(' ')]) : body;
  const digest = store.putManifest(route.repository, route.name, {
    mediaType: headers['content-type'] ?? '',
    bytes,
  });
  return { status: 201, headers: { 'docker-content-digest': digest, ...subjectHeader(store, body) } };
}

function giveReferrers({ store, route }: Work): Reply {
  if (!store.listsReferrers) return error(404, 'NOT_FOUND');
  return { status: 200, body: referrersOf(store, route.repository, route.name) };
}

interface Named {
  readonly digest: string;
}

function giveManifest({ store, route }: Work): Reply {
  const found = store.manifest(route.repository, route.name);
  if (found === undefined) return error(404, 'MANIFEST_UNKNOWN');
  const headers = { 'content-type': found.mediaType, 'docker-content-digest': digestOf(found.bytes) };
  return { status: 200, body: found.bytes, headers };
}

export function send(response: ServerResponse, { status, headers, body }: Reply, withBody: boolean): void {
  response.writeHead(status, { 'content-length': String(body?.length ?? 0), ...headers });
  response.end(withBody ? body : undefined);
}
