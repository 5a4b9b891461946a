// On wide screens the grid stands for the list: an address that ends in an item of the list leads to its cell.
const cell = document.querySelector(`[data-cell="${CSS.escape(location.hash.replace("#item-", ""))}"]`);
if (cell?.offsetParent) cell.scrollIntoView({ block: "center" });
