import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../../../src/oci/digest.ts';
import type { Fault, Step } from './faults.ts';
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
  const blobs = BLOBS.exec(path);
  return blobs === null ? found('other', null) : found(`blob ${method}`, blobs);
}

/** What is sent back. */
export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

export interface Work {
  readonly store: Store;
  readonly route: Route;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly fault: Fault | undefined;
  /** How an upload's address is written: relative, or with the origin. */
  readonly locationPrefix: string;
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
    case 'DELETE':
      return task.store.uploads.delete(task.route.name) ? { status: 204 } : error(404, 'BLOB_UPLOAD_UNKNOWN');
    case 'blob HEAD':
    case 'blob GET':
      return giveBlob(task);
    case 'manifest PUT':
      return takeManifest(task);
    case 'manifest GET':
      return giveManifest(task);
    default:
      return { status: 200 };
  }
}

export function error(status: number, code: string): Reply {
  return { status, body: Buffer.from(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] })) };
}

function openUpload({ store, route, locationPrefix }: Work): Reply {
  const { repository, query } = route;
  const mounted = store.blob(query.get('from') ?? '', query.get('mount') ?? '');
  if (mounted !== undefined) {
    store.putBlob(repository, query.get('mount') ?? '', mounted);
    return {
      status: 201,
      headers: { location: `${locationPrefix}/v2/${repository}/blobs/${query.get('mount') ?? ''}` },
    };
  }
  return {
    status: 202,
    headers: { location: sessionAddress(store.openUpload(repository), 0, locationPrefix, repository) },
  };
}

/** The query is as distribution's is: opaque, and spelled as no URL library would spell it. */
function stateOf(id: string, length: number): string {
  return `_state=${id}%2f${length}+a%20b~c%3D%3d&x`;
}

function sessionAddress(id: string, length: number, prefix: string, repository: string): string {
  return `${prefix}/v2/${repository}/blobs/uploads/${id}?${stateOf(id, length)}`;
}

function fillUpload({ store, route, headers, body, locationPrefix }: Work): Reply {
  const upload = store.uploads.get(route.name);
  if (upload === undefined) return error(404, 'BLOB_UPLOAD_UNKNOWN');
  if (route.rawQuery !== stateOf(route.name, upload.bytes.length)) return error(416, 'RANGE_INVALID');
  if (headers['content-type'] !== 'application/octet-stream' || 'content-range' in headers)
    return error(400, 'SIZE_INVALID');
  upload.bytes = Buffer.concat([upload.bytes, body]);
  return {
    status: 202,
    headers: { location: sessionAddress(route.name, upload.bytes.length, locationPrefix, route.repository) },
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

function giveBlob({ store, route }: Work): Reply {
  const body = store.blob(route.repository, route.name);
  return body === undefined
    ? error(404, 'BLOB_UNKNOWN')
    : { status: 200, body, headers: { 'docker-content-digest': route.name } };
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
  return { status: 201, headers: { 'docker-content-digest': digest } };
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
