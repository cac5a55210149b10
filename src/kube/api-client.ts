import type {
  ApiClientOptions,
  ApplyObject,
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  LogOptions,
  WatchOptions,
  WriteOptions,
} from './api-options.ts';
import { RATE_LIMIT } from './api-options.ts';
import { apiCall, type CallParts } from './api-call.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { NODES, PODS } from './core.ts';
import { MAX_LIST_BYTES, PAGE_LIMIT, pageOf, type Page } from './lists.ts';
import type { Draft, DraftMeta, KubeObject, ObjectKey } from './object.ts';
import { RateLimiter } from './rate-limiter.ts';
import { Requests } from './requests.ts';
import { apiVersionOf, objectOf, type Place, type Resource } from './resource.ts';
import type { Transport } from './transport.ts';
import { MAX_OBJECT_BYTES, readWatch, type WatchEvent } from './watch-stream.ts';

/**
 * The API of a Kubernetes cluster, as far as controllers need it.
 * All methods throw KubeError when the server says no; ClusterUnreachable or Timeout when there is no (whole) answer,
 * in which case a write may have been done; ClusterFailed when the answer makes no sense; and what the signal was
 * aborted with.
 */
export class ApiClient {
  readonly #requests: Requests;
  readonly #fieldManager: string;
  readonly #host: string;

  /** @param transport may serve several clients, each with a rate limit of its own. */
  constructor(transport: Transport, options: ApiClientOptions) {
    const {
      fieldManager,
      rateLimit = RATE_LIMIT,
      clock = SYSTEM_CLOCK,
      onRequest = () => undefined,
    } = options;
    this.#requests = new Requests({
      transport,
      limiter: new RateLimiter(rateLimit, clock),
      clock,
      onRequest,
    });
    this.#fieldManager = fieldManager;
    this.#host = transport.server.host;
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, { signal }: CallOptions = {}): Promise<T> {
    return this.#object(resource, { verb: 'get', resource, place: key }, signal);
  }

  /** One page of a list. The first is as new as any: it does not come from a cache that lags behind. */
  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<Page<T>> {
    const { namespace, labelSelector, fieldSelector, limit = PAGE_LIMIT, from, signal } = options;
    const query = { labelSelector, fieldSelector, limit, continue: from };
    const call = apiCall({ verb: 'list', resource, place: { namespace }, query });
    return pageOf(resource, await this.#requests.json(call, MAX_LIST_BYTES, signal));
  }

  create<T extends KubeObject>(
    resource: Resource<T>,
    object: Draft<T>,
    { signal }: CallOptions = {},
  ): Promise<T> {
    const place = { namespace: object.metadata.namespace };
    return this.#write(
      resource,
      { verb: 'create', resource, place, document: whole(resource, object) },
      signal,
    );
  }

  /** Replaces an object that was read. With a `resourceVersion` it is a Conflict when it has changed since. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: Draft<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const place = placeOf(object, options);
    return this.#write(
      resource,
      { verb: 'update', resource, place, document: whole(resource, object) },
      options.signal,
    );
  }

  /**
   * Changes the given fields; null removes one (RFC 7396, JSON Merge Patch).
   * @param patch with `metadata.resourceVersion` it is a Conflict when the object has changed since.
   */
  mergePatch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Readonly<Record<string, unknown>>,
    { subresource, signal }: WriteOptions = {},
  ): Promise<T> {
    const place = { ...key, subresource };
    const contentType = 'application/merge-patch+json';
    return this.#write(resource, { verb: 'patch', resource, place, document: patch, contentType }, signal);
  }

  /** Server-side apply: the given fields become so, those that were given before and are not any more go. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: ApplyObject,
    options: ApplyOptions = {},
  ): Promise<T> {
    const contentType = 'application/apply-patch+yaml'; // JSON is YAML.
    const [place, document] = [placeOf(object, options), whole(resource, object)];
    const query = { force: options.force ?? false };
    return this.#write(
      resource,
      { verb: 'apply', resource, place, document, contentType, query },
      options.signal,
    );
  }

  /** Asks for the object to be deleted; finalizers and grace periods may keep it for a while. */
  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy, signal } = options;
    const document = {
      ...{ apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds, propagationPolicy },
      ...(uid === undefined && resourceVersion === undefined
        ? {}
        : { preconditions: { uid, resourceVersion } }),
    };
    await this.#requests.json(
      apiCall({ verb: 'delete', resource, place: key, document }),
      MAX_OBJECT_BYTES,
      signal,
    );
  }

  /** What happens to the selected objects from `resourceVersion` on, with bookmarks where nothing does. */
  async watch<T extends KubeObject>(
    resource: Resource<T>,
    { namespace, ...options }: WatchOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const query = { watch: true, allowWatchBookmarks: true, ...options };
    const call = apiCall({ verb: 'watch', resource, place: { namespace }, query });
    const asked = { verb: 'watch', what: call.what, host: this.#host };
    return readWatch(await this.#requests.stream(call, signal), resource, asked);
  }

  /** What a container has printed, as bytes. */
  logs(pod: ObjectKey, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const place = { ...pod, subresource: 'log' };
    return this.#requests.stream(
      apiCall({ verb: 'get', resource: PODS, place, query: { ...options } }),
      signal,
    );
  }

  /**
   * What a kubelet says of the resources that its pods use, asked through the API server; it takes the right to get
   * nodes/proxy (https://kubernetes.io/docs/reference/instrumentation/node-metrics/).
   */
  nodeSummary(name: string, signal: AbortSignal): Promise<unknown> {
    const call = apiCall({ verb: 'get', resource: NODES, place: { name, subresource: 'proxy' } });
    return this.#requests.json({ ...call, path: `${call.path}/stats/summary` }, MAX_LIST_BYTES, signal);
  }

  #write<T extends KubeObject>(
    resource: Resource<T>,
    parts: CallParts,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const query = { ...parts.query, fieldManager: this.#fieldManager };
    return this.#object(resource, { ...parts, query }, signal);
  }

  async #object<T extends KubeObject>(
    resource: Resource<T>,
    parts: CallParts,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return objectOf(resource, await this.#requests.json(apiCall(parts), MAX_OBJECT_BYTES, signal));
  }
}

function placeOf({ metadata }: { readonly metadata: DraftMeta }, { subresource }: WriteOptions): Place {
  return { namespace: metadata.namespace, name: metadata.name, subresource };
}

function whole(resource: Resource, object: object): object {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}
