/** The page: what is there, and a field to add to it. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Images</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem }
  ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: 1rem; padding: 0; list-style: none }
  img { width: 100%; height: 10rem; object-fit: cover; background: #eee }
</style>
<h1>Images</h1>
<form><input type="file" name="file" accept="image/png,image/jpeg,image/gif,image/webp,image/avif" required> <button>Add</button> <output></output></form>
<ul></ul>
<script type="module">
  const list = document.querySelector('ul');
  const output = document.querySelector('output');
  async function show() {
    list.replaceChildren();
    let cursor = null;
    do {
      const page = await (await fetch('/images' + (cursor ? '?cursor=' + encodeURIComponent(cursor) : ''))).json();
      for (const { key, size } of page.items) {
        const item = document.createElement('li');
        const image = Object.assign(new Image(), { src: '/images/' + encodeURIComponent(key), alt: key, loading: 'lazy' });
        const remove = Object.assign(document.createElement('button'), { textContent: 'Remove' });
        remove.onclick = async () => {
          await fetch(image.src, { method: 'DELETE' });
          await show();
        };
        item.append(image, key + ', ' + Math.ceil(size / 1024) + ' KB ', remove);
        list.append(item);
      }
      cursor = page.cursor;
    } while (cursor);
  }
  document.querySelector('form').onsubmit = async (event) => {
    event.preventDefault();
    const [file] = event.target.elements.file.files;
    const response = await fetch('/images/' + encodeURIComponent(file.name), { method: 'PUT', body: file, headers: { 'content-type': file.type } });
    output.textContent = response.ok ? '' : (await response.json()).error;
    await show();
  };
  await show();
</script>
</html>
`;
