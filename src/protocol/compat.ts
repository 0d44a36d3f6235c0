/**
 * Compatibility flags: what each changes, since when by default, and what becomes of it here.
 *
 * A flag has a name that turns it on and mostly one that turns it off; an app's date decides where neither is given.
 * The table is text, a line for each flag: the two names, the date, what becomes of it, the story. A date after a name says that the
 * flag comes with that other flag from then on.
 *
 * @see https://developers.cloudflare.com/workers/configuration/compatibility-flags/
 */

/**
 * acted: both ways are built. always: only the newer way is, whatever the app's date. none: there is nothing here that
 * it could change. unsupported: only the older way is built.
 */
export type CompatStatus = 'acted' | 'always' | 'none' | 'unsupported';

export type CompatFlag = {
  readonly on: string;
  /** Absent where the flag cannot be turned off. */
  readonly off?: string;
  /** From this date on it is on by default. */
  readonly since?: string;
  /** The flag that brings it along from that date on; by itself it is off. */
  readonly with?: string;
  readonly status: CompatStatus;
  readonly story: string;
};

/** Their headings in the reference, and the lines of the table. */
const TABLE: Readonly<Record<string, string>> = {
  'Web APIs': `
formdata_parser_supports_files | formdata_parser_converts_files_to_strings | 2021-11-03 | acted | Files in a form that was sent are File objects; before, their content as text.
fetch_refuses_unknown_protocols | fetch_treats_unknown_protocols_as_http | 2021-11-10 | always | fetch() throws for protocols other than http:, https: and data:.
html_rewriter_treats_esi_include_as_void_tag | - | - | unsupported | HTMLRewriter would take esi:include for an element without an end tag.
streams_byob_reader_detaches_buffer | streams_byob_reader_does_not_detach_buffer | 2021-11-10 | always | A BYOB read takes the buffer away from its caller.
streams_enable_constructors | streams_disable_constructors | 2022-11-30 | always | ReadableStream and WritableStream can be constructed with sources and sinks.
workers_api_getters_setters_on_prototype | workers_api_getters_setters_on_instance | 2022-01-31 | always | Attributes are accessors of the prototype, so that subclasses can override them.
url_standard | url_original | 2022-10-31 | always | URL is the URL Standard's.
global_navigator | no_global_navigator | 2022-03-21 | acted | There is a global navigator.
capture_async_api_throws | do_not_capture_async_api_throws | 2022-10-31 | always | Operations that return a promise reject it and never throw.
dont_substitute_null_on_type_error | substitute_null_on_type_error | 2022-06-01 | always | An argument of the wrong type is an error, not null.
transformstream_enable_standard_constructor | transformstream_disable_standard_constructor | 2022-11-30 | always | TransformStream takes a transformer; IdentityTransformStream is what it was before.
export_commonjs_default | export_commonjs_namespace | 2022-10-31 | acted | require() comes to the default export of a module, which is a CommonJS module's module.exports; before, to an object like { default: module.exports }.
web_socket_compression | no_web_socket_compression | 2023-08-15 | none | Frames are never compressed.
response_redirect_url_standard | response_redirect_url_original | 2023-03-14 | always | Response.redirect() parses by the URL Standard.
http_headers_getsetcookie | no_http_headers_getsetcookie | 2023-03-01 | always | Headers has getSetCookie(), and each Set-Cookie is an entry of its own.
urlsearchparams_delete_has_value_arg | no_urlsearchparams_delete_has_value_arg | 2023-07-01 | acted | delete() and has() of URLSearchParams heed a second argument; before, they ignored it.
strict_compression_checks | no_strict_compression_checks | 2023-08-01 | always | Compressed data that is cut short, or followed by more, is an error.
brotli_content_encoding | no_brotli_content_encoding | 2024-04-29 | always | Responses in the coding "br" are decoded like those in gzip.
strict_crypto_checks | no_strict_crypto_checks | 2023-08-01 | always | Keys and parameters that the Web Cryptography API refuses are refused.
crypto_preserve_public_exponent | no_crypto_preserve_public_exponent | 2023-12-01 | always | publicExponent of an RSA key is a Uint8Array.
no_global_importscripts | global_importscripts | 2024-03-04 | always | There is no importScripts().
unwrap_custom_thenables | no_unwrap_custom_thenables | 2024-04-01 | always | A thenable that is given where a promise is expected is waited for.
internal_stream_byob_return_view | internal_stream_byob_return_undefined | 2024-05-13 | always | A BYOB read at the end returns an empty view of the buffer it was given.
blob_standard_mime_type | blob_legacy_mime_type | 2024-06-03 | always | The type of a body's Blob is the parsed content type.
fetch_standard_url | fetch_legacy_url | 2024-06-03 | always | fetch() parses by the URL Standard.
new_module_registry | legacy_module_registry | - | none | About how Cloudflare's runtime keeps modules.
allow_custom_ports | ignore_custom_ports | 2024-09-02 | always | fetch() goes to the port in the URL.
internal_writable_stream_abort_clears_queue | internal_writable_stream_abort_does_not_clear_queue | 2024-09-02 | always | abort() drops the writes that wait.
handle_cross_request_promise_resolution | no_handle_cross_request_promise_resolution | 2024-10-14 | unsupported | What awaits a promise that another request resolves would go on in its own request; here it goes on in that one.
set_tostring_tag | do_not_set_tostring_tag | 2024-09-26 | always | Interfaces have a Symbol.toStringTag.
upper_case_all_http_methods | no_upper_case_all_http_methods | 2024-10-14 | acted | Every method is turned to upper case, "patch" too; before, those that the Fetch Standard names.
disable_top_level_await_in_require | enable_top_level_await_in_require | 2024-12-02 | unsupported | ES modules that are required are evaluated before the module that requires them, and may wait at the top level.
fixup-transform-stream-backpressure | original-transform-stream-backpressure | 2024-12-16 | always | TransformStream has the Streams Standard's backpressure.
urlpattern_standard | urlpattern_original | 2025-05-01 | always | URLPattern is the URL Pattern Standard's.
enable_weak_ref | disable_weak_ref | 2025-05-05 | always | WeakRef and FinalizationRegistry are there; finalizers are never called.
request_signal_passthrough | no_request_signal_passthrough | - | acted | What is made from an incoming request follows its signal, so that subrequests are aborted with it.
enable_navigator_language | disable_navigator_language | 2025-05-19 | acted | navigator has language and languages.
allow_eval_during_startup | disallow_eval_during_startup | 2025-06-01 | unsupported | eval() and new Function() would work while the app is loaded; here they never do.
enable_request_signal | disable_request_signal | - | acted | request.signal of an incoming request is aborted when its client goes away; without the flag it never is.
bind_asynclocalstorage_snapshot_to_request | do_not_bind_asynclocalstorage_snapshot_to-request | 2025-06-16 | none | About AsyncLocalStorage across requests.
throw_on_unrecognized_import_assertion | ignore_unrecognized_import_assertion | 2025-06-16 | always | An import attribute that is not known is an error.
set_event_target_this | no_set_event_target_this | 2025-08-01 | always | A listener's this is the target.
pedantic_wpt | non_pedantic_wpt | - | acted | Values of headers may have no character beyond U+00FF. The other standards are followed without it.
expose_global_message_channel | no_expose_global_message_channel | 2025-08-15 | acted | MessageChannel and MessagePort are globals.
strip_authorization_on_cross_origin_redirect | retain_authorization_on_cross_origin_redirect | 2025-09-01 | always | A redirect to another origin takes no Authorization header along.
enhanced_error_serialization | legacy_error_serialization | 2026-04-21 | acted | Errors keep their own properties, and more of their types, in structuredClone and over RPC.
enable_global_performance_classes | disable_global_performance_classes | nodejs_compat 2026-03-17 | always | PerformanceEntry and its kind are globals.
enable_fast_jsg_struct | disable_fast_jsg_struct | 2025-12-03 | none | About the inside of Cloudflare's runtime.
immutable_api_prototypes | mutable_api_prototypes | - | none | Prototypes of interfaces can be changed, as the standards have it.
fetch_iterable_type_support | no_fetch_iterable_type_support | 2026-02-19 | acted | An iterable or async iterable can be the body of a Request or Response; before, it was turned into text.
fetch_iterable_type_support_override_adjustment | no_fetch_iterable_type_support_override_adjustment | fetch_iterable_type_support 2026-01-15 | always | Iterables with a toString() of their own are turned into text all the same.
strip_bom_in_read_all_text | do_not_strip_bom_in_read_all_text | 2026-01-13 | always | text() leaves out a byte order mark.
require_returns_default_export | require_returns_namespace | 2026-01-22 | acted | require() comes to the default export of an ES module, or to a copy of its namespace. It makes a difference where export_commonjs_namespace is on.
text_decoder_replace_surrogates | disable_text_decoder_replace_surrogates | 2026-02-24 | always | Lone surrogates in UTF-16 are decoded as U+FFFD.
unhandled_rejection_after_microtask_checkpoint | no_unhandled_rejection_after_microtask_checkpoint | 2026-03-03 | always | unhandledrejection is fired, and a rejection logged, once the microtasks at hand are done.
text_decoder_cjk_decoder | disable_text_decoder_cjk_decoder | 2026-03-03 | always | East Asian encodings are decoded by the Encoding Standard.
websocket_close_reason_byte_limit | no_websocket_close_reason_byte_limit | 2026-03-03 | always | close() refuses reasons of more than 123 bytes.
websocket_standard_binary_type | no_websocket_standard_binary_type | 2026-03-17 | acted | binaryType is "blob" at first; before, messages of bytes came as ArrayBuffer.
writable_stream_spec_compliant_writer | no_writable_stream_spec_compliant_writer | 2026-03-24 | always | Writers lock and release as the Streams Standard says.
encoder_stream_spec_compliant_backpressure | no_encoder_stream_spec_compliant_backpressure | 2026-03-24 | always | TextEncoderStream and TextDecoderStream have the standard's backpressure.
web_socket_auto_reply_to_close | web_socket_manual_reply_to_close | 2026-04-07 | always | A close frame is answered at once, unless accept() was told allowHalfOpen.
no_resizable_array_buffer_in_blob | resizable_array_buffer_in_blob | - | always | A Blob takes no resizable ArrayBuffer.
spec_compliant_dispatch_exceptions | no_spec_compliant_dispatch_exceptions | 2026-09-15 | always | What a listener throws is reported, and does not come out of dispatchEvent().
`,
  'Bindings and other products': `
durable_object_fetch_requires_full_url | durable_object_fetch_allows_relative_url | 2021-11-10 | always | fetch() of a service binding or a stub wants a whole URL.
minimal_subrequests | no_minimal_subrequests | 2022-04-05 | none | About features of Cloudflare's network on the way of subrequests.
no_cots_on_external_fetch | cots_on_external_fetch | 2022-03-08 | none | About Cloudflare's own trust store for origins.
r2_public_beta_bindings | r2_internal_beta_bindings | 2021-01-01 | always | R2 has its public interface.
durable_object_alarms | - | - | none | About Durable Objects, which are not there.
r2_list_honor_include | - | 2022-08-04 | always | list() of R2 returns the metadata that include names, and no other.
tcp_sockets_support | - | - | none | Sockets need no flag any more.
dynamic_dispatch_tunnel_exceptions | dynamic_dispatch_treat_exceptions_as_500 | 2023-03-01 | always | What a dispatched worker throws comes out of the call of it.
no_cf_botmanagement_default | cf_botmanagement_default | 2023-08-01 | always | request.cf has no made-up botManagement.
vectorize_query_metadata_optional | vectorize_query_original | 2023-11-08 | none | About Vectorize, which is not there.
queues_json_messages | no_queues_json_messages | 2024-03-18 | acted | Messages of queues are sent as JSON unless the producer says otherwise; before, as structured clones.
fetcher_no_get_put_delete | fetcher_has_get_put_delete | 2024-03-26 | always | Service bindings and stubs have no get(), put() and delete() of their own.
rpc | no_rpc | 2024-04-03 | always | Methods of service bindings and stubs can be called.
global_fetch_strictly_public | global_fetch_private_origin | - | none | fetch() goes out to the network at every date; what it may reach is a matter of the server's rules.
cache_option_enabled | cache_option_disabled | 2024-11-11 | always | A request may say cache: "no-store".
cache_no_cache_enabled | cache_no_cache_disabled | cache_option_enabled 2025-08-07 | always | A request may say cache: "no-cache".
request_cf_overrides_cache_rules | no_request_cf_overrides_cache_rules | 2025-04-02 | none | About rules of Cloudflare's cache.
unique_ctx_per_invocation | - | 2025-03-10 | always | Each event has a ctx of its own.
queue_consumer_no_wait_for_wait_until | queue_consumer_wait_for_wait_until | - | unsupported | A batch would be settled without waiting for waitUntil(); here it always waits.
cache_api_request_cf_overrides_cache_rules | no_cache_api_request_cf_overrides_cache_rules | 2025-05-19 | none | About rules of Cloudflare's cache.
disallow_importable_env | allow_importable_env | - | acted | env of cloudflare:workers is empty, but inside withEnv().
assets_navigation_prefers_asset_serving | assets_navigation_has_no_effect | 2025-04-01 | acted | A navigation of a browser to no file gets what not_found_handling says, without asking the worker.
cache_api_compat_flags | no_cache_api_compat_flags | 2025-04-19 | none | About Cloudflare's cache.
nonclass_entrypoint_reuses_ctx_across_invocations | - | - | unsupported | Events of an isolate would share one ctx.
set_forwardable_email_full_headers | set_forwardable_email_single_headers | 2025-08-01 | none | About e-mail, which is not there.
enable_validate_workflow_entrypoint | disable_validate_workflow_entrypoint | 2025-09-20 | none | About the checks of a deployment at Cloudflare.
enable_email_sending_queuing | disable_email_sending_queuing | - | none | About e-mail, which is not there.
enable_ctx_exports | disable_ctx_exports | 2025-11-17 | always | ctx.exports has the app's own entrypoints as bindings.
env_module_nullable_support | no_env_module_nullable_support | - | none | About an inner function of cloudflare:workers.
allow_irrevocable_stub_storage | - | - | unsupported | Stubs could be stored.
rpc_params_dup_stubs | rpc_params_transfer_stubs | 2026-01-20 | acted | A stub given as an argument stays its owner's; before, it was disposed of.
queue_expose_error_codes | no_queue_expose_error_codes | 2026-03-12 | unsupported | What a queue refuses would be told with a cause and a code of Cloudflare's.
containers_pid_namespace | no_containers_pid_namespace | 2026-04-01 | none | About containers, which are not there.
delete_all_deletes_alarm | delete_all_preserves_alarm | 2026-02-24 | none | About Durable Objects, which are not there.
workflows_preserve_non_retryable_error_message | workflows_replace_non_retryable_error_message | 2026-05-14 | none | About Workflows, which are not there.
workflows_enable_fast_engine_creation | workflows_disable_fast_engine_creation | 2026-08-11 | none | About Workflows, which are not there.
`,
  'Node.js': `
nodejs_compat | no_nodejs_compat | 2026-08-04 | unsupported | Node.js modules and globals. An import of one fails.
nodejs_als | no_nodejs_als | - | unsupported | AsyncLocalStorage without the rest of Node.js.
nodejs_compat_v2 | no_nodejs_compat_v2 | 2026-08-04 | unsupported | Node.js modules without the prefix "node:", and the globals Buffer and process.
nodejs_zlib | no_nodejs_zlib | nodejs_compat 2024-09-23 | unsupported | Part of nodejs_compat: node:zlib.
nodejs_compat_populate_process_env | nodejs_compat_do_not_populate_process_env | nodejs_compat 2025-04-01 | unsupported | Part of nodejs_compat: process.env from vars and secrets.
enable_nodejs_process_v2 | disable_nodejs_process_v2 | nodejs_compat 2025-09-15 | unsupported | Part of nodejs_compat: process as a whole.
enable_nodejs_http_modules | disable_nodejs_http_modules | nodejs_compat 2025-08-15 | unsupported | Part of nodejs_compat: node:http.
enable_nodejs_http_server_modules | disable_nodejs_http_server_modules | enable_nodejs_http_modules 2025-09-01 | unsupported | Part of nodejs_compat: node:http servers.
enable_nodejs_fs_module | disable_nodejs_fs_module | nodejs_compat 2025-09-15 | unsupported | Part of nodejs_compat: node:fs.
enable_nodejs_os_module | disable_nodejs_os_module | nodejs_compat 2025-09-15 | unsupported | Part of nodejs_compat: node:os.
remove_nodejs_compat_eol | add_nodejs_compat_eol | nodejs_compat 2025-09-01 | unsupported | Part of nodejs_compat: what Node.js has retired is not there.
enable_nodejs_http2_module | disable_nodejs_http2_module | nodejs_compat 2025-09-01 | unsupported | Part of nodejs_compat: node:http2.
remove_nodejs_compat_eol_v22 | add_nodejs_compat_eol_v22 | remove_nodejs_compat_eol 2027-04-30 | unsupported | Part of nodejs_compat: what Node.js has retired is not there.
remove_nodejs_compat_eol_v23 | add_nodejs_compat_eol_v23 | remove_nodejs_compat_eol_v24 2025-09-01 | unsupported | Part of nodejs_compat: what Node.js has retired is not there.
remove_nodejs_compat_eol_v24 | add_nodejs_compat_eol_v24 | remove_nodejs_compat_eol 2028-04-30 | unsupported | Part of nodejs_compat: what Node.js has retired is not there.
enable_nodejs_console_module | disable_nodejs_console_module | nodejs_compat 2025-09-21 | unsupported | Part of nodejs_compat: node:console.
enable_nodejs_vm_module | disable_nodejs_vm_module | nodejs_compat 2025-10-01 | unsupported | Part of nodejs_compat: node:vm.
enable_nodejs_perf_hooks_module | disable_nodejs_perf_hooks_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:perf_hooks.
enable_nodejs_domain_module | disable_nodejs_domain_module | nodejs_compat 2025-12-04 | unsupported | Part of nodejs_compat: node:domain.
enable_nodejs_v8_module | disable_nodejs_v8_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:v8.
enable_nodejs_tty_module | disable_nodejs_tty_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:tty.
enable_nodejs_punycode_module | disable_nodejs_punycode_module | nodejs_compat 2025-12-04 | unsupported | Part of nodejs_compat: node:punycode.
enable_nodejs_cluster_module | disable_nodejs_cluster_module | nodejs_compat 2025-12-04 | unsupported | Part of nodejs_compat: node:cluster.
enable_nodejs_child_process_module | disable_nodejs_child_process_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:child_process.
enable_nodejs_worker_threads_module | disable_nodejs_worker_threads_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:worker_threads.
enable_nodejs_stream_wrap_module | disable_nodejs_stream_wrap_module | nodejs_compat 2026-01-29 | unsupported | Part of nodejs_compat: node:_stream_wrap.
enable_nodejs_wasi_module | disable_nodejs_wasi_module | nodejs_compat 2025-12-04 | unsupported | Part of nodejs_compat: node:wasi.
enable_nodejs_dgram_module | disable_nodejs_dgram_module | nodejs_compat 2026-01-29 | unsupported | Part of nodejs_compat: node:dgram.
enable_nodejs_inspector_module | disable_nodejs_inspector_module | nodejs_compat 2026-01-29 | unsupported | Part of nodejs_compat: node:inspector.
enable_nodejs_trace_events_module | disable_nodejs_trace_events_module | nodejs_compat 2025-12-04 | unsupported | Part of nodejs_compat: node:trace_events.
enable_nodejs_readline_module | disable_nodejs_readline_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:readline.
enable_nodejs_repl_module | disable_nodejs_repl_module | nodejs_compat 2026-03-17 | unsupported | Part of nodejs_compat: node:repl.
enable_nodejs_sqlite_module | disable_nodejs_sqlite_module | nodejs_compat 2026-01-29 | unsupported | Part of nodejs_compat: node:sqlite.
enable_streams_nodejs_v24_compat | disable_streams_nodejs_v24_compat | - | unsupported | Part of nodejs_compat: node:stream as in Node.js 24.
enable_nodejs_global_timers | no_nodejs_global_timers | nodejs_compat 2026-02-10 | unsupported | Part of nodejs_compat: timers that are objects.
diagnostics_channel_has_subscribers_getter | no_diagnostics_channel_has_subscribers_getter | 2026-05-19 | unsupported | Part of nodejs_compat: node:diagnostics_channel.
throw_on_not_implemented_tls_options | no_throw_on_not_implemented_tls_options | 2026-06-16 | unsupported | Part of nodejs_compat: node:tls.
`,
  'Experimental, or of Python Workers': `
durable_object_rename | - | - | unsupported | Experimental at Cloudflare.
experimental | - | - | unsupported | What Cloudflare has under development.
durable_object_get_existing | - | - | unsupported | Experimental at Cloudflare.
service_binding_extra_handlers | - | - | unsupported | Experimental at Cloudflare.
rtti_api | - | - | unsupported | Experimental at Cloudflare.
webgpu | - | - | unsupported | Experimental at Cloudflare.
unsafe_module | - | - | unsupported | Experimental at Cloudflare.
js_rpc | - | - | unsupported | Experimental at Cloudflare.
python_workers | - | - | unsupported | Python Workers are not supported.
kv_direct_binding | - | - | unsupported | Experimental at Cloudflare.
increase_websocket_message_size | - | - | unsupported | Experimental at Cloudflare.
python_workers_development | - | - | unsupported | Experimental at Cloudflare.
replica_routing | - | - | unsupported | Experimental at Cloudflare.
enable_d1_with_sessions_api | - | - | always | D1 databases have withSession().
python_external_packages | - | - | none | Python Workers are not supported.
tail_worker_user_spans | - | - | unsupported | Experimental at Cloudflare.
python_workers_20250116 | no_python_workers_20250116 | python_workers 2025-09-29 | unsupported | Python Workers are not supported.
memory_cache_delete | - | - | unsupported | Experimental at Cloudflare.
python_workers_durable_objects | - | - | unsupported | Experimental at Cloudflare.
streaming_tail_worker | - | - | unsupported | Experimental at Cloudflare.
enable_web_file_system | - | - | unsupported | Experimental at Cloudflare.
enable_abortsignal_rpc | - | - | acted | An AbortSignal can be an argument of a call, or what it comes to.
connect_pass_through | - | - | unsupported | Experimental at Cloudflare.
python_workflows | disable_python_workflows | python_workers 2025-09-20 | unsupported | Python Workers are not supported.
unsupported_process_actual_platform | - | - | unsupported | Experimental at Cloudflare.
python_no_global_handlers | disable_python_no_global_handlers | 2025-08-14 | unsupported | Python Workers are not supported.
python_workers_force_new_vendor_path | - | 2025-08-11 | unsupported | Python Workers are not supported.
python_dedicated_snapshot | disable_python_dedicated_snapshot | python_workers_20250116 2025-10-16 | unsupported | Python Workers are not supported.
typescript_strip_types | - | - | unsupported | Experimental at Cloudflare.
allow_insecure_inefficient_logged_eval | - | - | unsupported | Experimental at Cloudflare.
enable_python_external_sdk | disable_python_external_sdk | 2026-04-21 | unsupported | Python Workers are not supported.
cache_reload_enabled | cache_reload_disabled | - | unsupported | Experimental at Cloudflare.
python_check_rng_state | disable_python_check_rng_state | python_workers 2025-12-16 | unsupported | Python Workers are not supported.
precise_timers | no_precise_timers | - | unsupported | Experimental at Cloudflare.
streams_no_default_auto_allocate_chunk_size | streams_auto_allocate_chunk_size_default | - | acted | A stream of bytes that names no autoAllocateChunkSize has no byobRequest for ordinary reads, as the Streams Standard has it; without it there is one of 4096 bytes.
python_workflows_implicit_dependencies | no_python_workflows_implicit_dependencies | python_workers 2026-02-25 | unsupported | Python Workers are not supported.
python_request_headers_preserve_commas | disable_python_request_headers_preserve_commas | 2026-02-17 | unsupported | Python Workers are not supported.
enable_version_api | - | - | unsupported | Experimental at Cloudflare.
spec_compliant_property_attributes | no_spec_compliant_property_attributes | - | always | Lengths, names and attributes of operations, accessors and constants are those of Web IDL.
enable_ctx_version_metadata | - | - | unsupported | Experimental at Cloudflare.
workflows_step_rollback | - | - | unsupported | Experimental at Cloudflare.
python_process_pth_files | disable_python_process_pth_files | 2026-05-26 | unsupported | Python Workers are not supported.
auto_grpc_convert | - | - | unsupported | Experimental at Cloudflare.
python_workers_20260610 | no_python_workers_20260610 | - | unsupported | Python Workers are not supported.
enable_nodejs_inspector_local_dev | - | - | unsupported | Experimental at Cloudflare.
d1_binding_jsrpc | - | - | unsupported | Experimental at Cloudflare.
workflows_bindings_rpc | - | - | unsupported | Experimental at Cloudflare.
typescript_implemented_streams | - | - | unsupported | Experimental at Cloudflare.
expose_draining_reader | - | - | unsupported | Experimental at Cloudflare.
wasm_memory_discard | - | - | unsupported | Experimental at Cloudflare.
python_workers_20260817 | no_python_workers_20260817 | - | unsupported | Experimental at Cloudflare.
python_workers_314 | no_python_workers_314 | 2026-09-08 | unsupported | Python Workers are not supported.
auto_inject_python_workers | no_auto_inject_python_workers | - | unsupported | Python Workers are not supported.
`,
};

const readLine = (line: string): CompatFlag => {
  const [on = '', off = '-', date = '-', status = 'none', story = ''] = line.split(' | ');
  const [other, since] = date.includes(' ') ? date.split(' ') : [undefined, date];
  return Object.freeze({
    on,
    ...(off !== '-' && { off }),
    ...(since !== '-' && { since }),
    ...(other !== undefined && { with: other }),
    status: status as CompatStatus,
    story,
  });
};

/** The flags by the headings of the reference. */
export const COMPAT_GROUPS: Readonly<Record<string, readonly CompatFlag[]>> = Object.fromEntries(
  Object.entries(TABLE).map(([heading, lines]) => [heading, lines.trim().split('\n').map(readLine)]),
);
export const COMPAT_FLAGS: readonly CompatFlag[] = Object.values(COMPAT_GROUPS).flat();

/** The flag that a name turns on or off. */
export const FLAG_OF: ReadonlyMap<string, CompatFlag> = new Map(
  COMPAT_FLAGS.flatMap((flag) => [[flag.on, flag] as const, ...(flag.off === undefined ? [] : [[flag.off, flag] as const])]),
);

/** Is a flag on for an app? @param date YYYY-MM-DD; empty is the newest there is */
export function isFlagOn(flag: CompatFlag, date: string, flags: readonly string[]): boolean {
  if (flags.includes(flag.on)) return true;
  if (flag.since === undefined || (flag.off !== undefined && flags.includes(flag.off)) || (date !== '' && date < flag.since)) return false;
  const other = flag.with === undefined ? undefined : FLAG_OF.get(flag.with);
  return other === undefined || isFlagOn(other, date, flags);
}

/**
 * What `Cloudflare.compatibilityFlags` is made of: a line for each flag there is, `name 1` or `name 0`. It tells how things are here: what
 * is built one way only is so at every date.
 */
export function flagsInForce(date: string, flags: readonly string[]): string {
  const isInForce = (flag: CompatFlag): boolean => flag.status === 'always' || (flag.status !== 'unsupported' && isFlagOn(flag, date, flags));
  return COMPAT_FLAGS.map((flag) => `${flag.on} ${isInForce(flag) ? 1 : 0}`).join('\n');
}

/**
 * What an isolate is told: the flags acted on that are not as the newest date has them. For most apps there are none, and nothing
 * of this table is in the isolate.
 */
export function compatDifferences(date: string, flags: readonly string[]): string[] {
  return COMPAT_FLAGS.filter((flag) => flag.status === 'acted' && isFlagOn(flag, date, flags) !== isFlagOn(flag, '', [])).map(({ on }) => on);
}
